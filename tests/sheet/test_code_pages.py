"""Sheets in other code pages are read correctly or refused, never with wrong letters."""

import unicodedata

import pytest

from seedance_assets.adapters.shot_sheet.code_pages import code_page_of
from seedance_assets.core.errors import SheetRefused
from tests.sheet.conftest import Read

TEXTS = {
    "Russian": (
        "Красная лодка качается на волнах, слышен крик чаек.",
        ("cp1251", "koi8_r", "cp866", "iso8859_5", "mac_cyrillic"),
    ),
    "Ukrainian": ("Червоний човен гойдається на хвилях, чути крик чайок.", ("cp1251", "koi8_u")),
    "Turkish": (
        "Kırmızı bir tekne limanda sallanıyor, martılar çığlık atıyor. Işık söner.",
        ("cp1254", "iso8859_9", "mac_turkish"),
    ),
    "Greek": (
        "Μια κόκκινη βάρκα λικνίζεται στο λιμάνι, οι γλάροι κράζουν.",
        ("cp1253", "iso8859_7", "mac_greek"),
    ),
    "Hebrew": ("סירה אדומה מתנדנדת בנמל, שחפים צורחים.", ("cp1255", "iso8859_8")),
    "Arabic": ("قارب أحمر يتمايل في الميناء، والنوارس تصيح.", ("cp1256",)),
    "Thai": ("เรือสีแดงโคลงเคลงในท่าเรือ นกนางนวลร้อง", ("cp874",)),
    "Polish": (
        "Czerwona łódź kołysze się w porcie, mewy krzyczą.",
        ("cp1250", "iso8859_2", "cp852"),
    ),
    "Czech": (
        "Červená loď se houpá v přístavu, racci křičí.",
        ("cp1250", "iso8859_2", "mac_latin2"),
    ),
    "Hungarian": ("Piros hajó ringatózik a kikötőben. Tűz és erdő.", ("cp1250", "iso8859_2")),
    "Latvian": ("Sarkana laiva šūpojas ostā, kaijas kliedz un jūra šalc.", ("cp1257",)),
    "Lithuanian": ("Raudonas laivas supasi uoste ir jūra ošia.", ("cp1257",)),
    "French": (
        "La mère crie, le père se lève et s'éloigne vers la forêt.",
        ("cp1252", "mac_roman", "cp850"),
    ),
    "German": ("Ein Mädchen läuft über die Straße – müde.", ("cp1252", "mac_roman")),
    "Spanish": ("El niño camina hacia el mar; ¿dónde está?", ("cp1252", "mac_roman", "cp850")),
    "Icelandic": ("Rauður bátur ruggar í höfninni og það er kalt.", ("cp1252",)),
    "English": ("It’s raining — the “boat” rocks…", ("cp1252", "mac_roman")),
    "Chinese": ("红色的小船在港湾里轻轻摇晃，海鸥鸣叫。", ("gbk", "gb18030")),
    "Taiwanese": ("紅色的小船在港灣裡輕輕搖晃，海鷗鳴叫。", ("big5",)),
    "Korean": ("빨간 배가 항구에서 흔들리고 갈매기가 운다.", ("cp949", "euc_kr")),
    "Japanese": ("赤い船が港で揺れ、カモメが鳴く。", ("cp932", "euc_jp")),
    "mixed": ("A red boat rocks. 点検連番型式She calls: ただいま", ("cp932",)),
}


@pytest.mark.parametrize(
    ("text", "codec"),
    [(text, codec) for text, codecs in TEXTS.values() for codec in codecs],
    ids=[f"{name} {codec}" for name, (_, codecs) in TEXTS.items() for codec in codecs],
)
def test_a_sheet_in_another_code_page_is_read_correctly(read: Read, text: str, codec: str) -> None:
    sheet = f'shot,prompt,first_frame\r\na,"{text}",a.png\r\n'

    (shot,) = read(sheet.encode(codec)).shots

    assert shot.prompt == unicodedata.normalize("NFC", text)


def test_the_detected_code_page_is_reported(read: Read) -> None:
    listed = read("shot,prompt,first_frame\na,Лодка на волнах и в море,a.png\n".encode("cp1251"))

    assert listed.detected["encoding"] == "Windows-1251"


@pytest.mark.parametrize(
    ("word", "codec"),
    [("Señor", "cp1252"), ("Señor", "mac_roman"), ("Юг", "cp1251"), ("Möwen", "cp850")],
)
def test_ambiguous_letters_are_refused_with_advice(read: Read, word: str, codec: str) -> None:
    sheet = f"shot,prompt,first_frame\na,{word},a.png\n".encode(codec)

    with pytest.raises(SheetRefused, match=r"is not UTF-8 \(line 2\)") as refused:
        read(sheet)

    assert "CSV UTF-8" in refused.value.advice
    assert "LibreOffice" in refused.value.advice


def test_no_text_is_ever_read_as_another(read: Read) -> None:
    """Each prefix of each text in each of its pages: as it was, or not at all."""
    for text, codecs in TEXTS.values():
        for codec in codecs:
            words = text.split(" ")
            for end in range(1, len(words) + 1):
                prompt = " ".join(words[:end])
                content = f"shot,prompt,first_frame\na,{prompt},a.png\n".encode(codec)
                if content.isascii():
                    continue
                found = code_page_of(content)
                assert found is None or prompt in content.decode(found), (prompt, codec, found)
