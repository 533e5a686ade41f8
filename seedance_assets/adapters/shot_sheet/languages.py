"""Letters and frequent words of languages, to tell a text from the same bytes in another code page.

Letters are those beyond ASCII, in small. Words are among the most frequent of each language.
"""

from dataclasses import dataclass

_WESTERN_LETTERS = "àáâãäåæçèéêëìíîïñòóôõöøùúûüœß"


@dataclass(frozen=True, slots=True)
class Language:
    """A language whose letters beyond ASCII are few."""

    letters: frozenset[str]
    words: frozenset[str]
    longest_run: int = 2
    """Letters beyond ASCII that follow each other."""
    pages: tuple[str, ...] = ("1252",)
    """Windows code pages that it is written in."""


def _language(letters: str, words: str, longest_run: int = 2, pages: str = "1252") -> Language:
    known = (word for word in words.split() if len(word) > 1)  # single letters are names, too
    return Language(frozenset(letters), frozenset(known), longest_run, tuple(pages.split()))


WESTERN = (
    _language(
        "àáâäçèéêëíîïñóôöøùúüåæœß",
        "the a an of and in to is with on his her at from into by as it over she he they we you "
        "that this are was their its off out up down then while no not one two red boat man woman "
        "camera shot wide close slow slowly says rain wind light night day walks looks turns",
    ),
    _language(
        "äöüßéà",
        "der die das und ein eine einen einem einer im in mit auf den dem des nicht ist von zu am "
        "er sie es wir ich sich wie bei nach aus zum zur über unter vor durch sind hat auch als "
        "kamera langsam mann frau licht nacht regen wind",
    ),
    _language(
        "àâæçèéêëîïôœùûü",
        "le la les un une et des du de dans sur il elle se en est au aux avec qui que son sa ses "
        "ne pas par pour vers ce cette sous sans plus puis lui on nous vous ils elles à été où "
        "lève père mère caméra lumière nuit pluie vent",
    ),
    _language(
        "áéíñóúü",
        "el la los las un una y de en que con se del por al su sus no es lo para como más sobre "
        "hacia desde entre cuando mientras está cámara luz noche lluvia viento hombre mujer niño",
    ),
    _language(
        "áâãàçéêíóôõúü",
        "o a os as um uma e de do da dos das no na nos nas em que com se ao à por para seu sua "
        "não é mais como sobre está mar câmera luz noite chuva vento homem mulher então",
    ),
    _language(
        "àèéìíòóù",
        "il lo la i gli le un una e di del della dei nel nella in che con si al alla su da per "
        "non è più come sono verso mare luce notte pioggia vento uomo donna città",
    ),
    _language(
        "æøåéö",
        "og i på en et den det er med til af av som for han hun ikke over under mot mod ud ut fra "
        "kameraet båd båt lys nat natt regn vind går",
    ),
    _language(
        "åäöé",
        "och i på en ett den det är med till av som för han hon inte över under mot från ut in ja "
        "on ei se hän ovat kun jossa båt ljus natt regn vind går",
    ),
    _language(
        "éëïöüèáóúê",
        "de het een en van in op met is te zijn haar hij zij niet naar aan door over uit voor dat "
        "die licht nacht regen wind man vrouw",
    ),
)
MIXED_WESTERN = Language(frozenset(_WESTERN_LETTERS), frozenset())
"""A sheet in several languages; its words count as those of the language that has most."""

OTHERS = (
    _language(
        "áéíóúýþæðö", "og í á að er við sem til um úr hann hún það ekki með frá", 4, pages="1252"
    ),
    _language(
        "ąćęłńóśźż",
        "i w na z się do nie jest po od przez za jak jego jej ten ta to są pod nad przy już gdy "
        "łódź morze światło noc deszcz wiatr",
        3,
        pages="1250",
    ),
    _language(
        "áčďéěíňóřšťúůýžäľĺôŕ",
        "a v na se sa je s do z za že po od k ve si jak ako pod nad který která která přes pri "
        "při než už loď moře světlo noc déšť vítr žena muž",
        4,
        pages="1250",
    ),
    _language(
        "áéíóöőúüű",
        "a az és egy van nem hogy is meg de ez ki be fel le mint már csak majd hajó tenger fény "
        "éj eső szél férfi nő",
        3,
        pages="1250",
    ),
    _language(
        "ăâîșțşţ",
        "și şi în pe o un de cu la se din nu este ca care spre sub peste al ale lui ei marea "
        "noapte ploaie vânt bărbat femeie",
        3,
        pages="1250",
    ),
    _language(
        "čćđšž",
        "i je u na se za da od do s iz kao pod nad nije su koji koja in ob pri ne po brod more "
        "noć kiša vjetar čovjek žena morje",
        3,
        pages="1250",
    ),
    _language(
        "çğıöşüâîûi̇",
        "bir ve bu da de için ile o çok gibi ne var daha sonra kadar üzerinde doğru tekne deniz "
        "ışık gece yağmur rüzgar rüzgâr adam kadın yavaşça",
        3,
        pages="1254",
    ),
    _language(
        "äõöüšž",
        "ja on ei et see ta kui oma aga ka mis üle laev meri valgus öö vihm tuul",
        pages="1257",
    ),
    _language(
        "āčēģīķļņōŗšūž",
        "un ir uz no ar ka par tas kas kā pie pa viņš viņa bet laiva jūra gaisma nakts lietus vējš",
        3,
        pages="1257",
    ),
    _language(
        "ąčęėįšųūž",
        "ir į su yra iš kad ant per prie kaip jis ji bet po laivas jūra šviesa naktis lietus vėjas",
        3,
        pages="1257",
    ),
    _language(
        "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        "một và của là trong với trên có không cho những được người đang từ này đến khi ra con "
        "biển đêm mưa gió thuyền",
        6,
        pages="1258",
    ),
)
"""Languages of other pages, and Icelandic, which has letters that are rare elsewhere."""


@dataclass(frozen=True, slots=True)
class Script:
    """A script of letters beyond ASCII; its frequent letters are over half of any text."""

    letters: frozenset[str]
    frequent: frozenset[str]
    words: frozenset[str]


def _script(letters: str, frequent: str, words: str) -> Script:
    return Script(frozenset(letters), frozenset(frequent), frozenset(words.split()))


SCRIPTS = (
    _script(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґў",
        "оеаинтсрвлкмді",
        "и в на с не по из к у за от до как он она что это его ее её под над при и й і в на з не "
        "що та до як се от със са лодка море свет ночь дождь ветер",
    ),
    _script("абвгдђежзијклљмнњопрстћуфхцчџшѓќѕ", "аоиентсрвуд", "и у на се је за од до са да не"),
    _script(
        "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",
        "αοιετσνηυρπκς",
        "και το η ο να του της σε με στο στη από για που τα ένα μια οι την τον",
    ),
    _script("אבגדהוזחטיךכלםמןנסעףפץצקרשת", "יוהלאתרבמנםש", "של את על לא הוא היא עם זה אל כל"),
    _script(
        "ءآأؤإئابةتثجحخدذرزسشصضطظعغـفقكلمنهوىيپچژگکی\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652",
        "اليمنوترهبةعدی",
        "في من على إلى و هذا أن عن مع به که از در به را با این است",
    ),
    _script(
        "".join(map(chr, range(0x0E01, 0x0E3B))) + "".join(map(chr, range(0x0E40, 0x0E5C))),
        "ารนกอเงมยลวดทสตะปบคหแ\u0e31\u0e35\u0e48\u0e49\u0e34",
        "",
    ),
)

COMMON_CHARACTERS = {
    "gb18030": (
        ""
        "的一是不了在人有我他这个上们来到时大地为子中你说生国年着就那和要她出也得里后自以会家可下而过天去能对小多然于心学么之都好看起发当没成只如事把还用第样道想作种开手美风雨海水光色红白黑夜头面车门走声阳山船慢镜轻从向老女男"
    ),
    "big5": (
        ""
        "的一是不了在人有我他這個上們來到時大地為子中你說生國年著就那和要她出也得裡後自以會家可下而過天去能對小多然於心學麼之都好看起發當沒成只如事把還用第樣道想作種開手美風雨海水光色紅白黑夜頭面車門走聲陽山船慢鏡輕從向老女男"
    ),
    "cp949": (
        ""
        "이다는에을의가고하한지로기도를은사어리시서그나아자있인대일전수스정해라부보과오장으니주여비원상조들게러안면선물우소바다배빛밤람천히문공무동구간화연성만제신경유마세중"
    ),
    "japanese": (
        ""
        "のにはをたがでてとしれさいるなもらかあっすりこよまだくんきえおつけわせ日一人大年出本中子見国上分生前間後女男海空光夜雨風船赤白手水音ーンスルイトリ"
    ),
}
"""What a third of any text in Chinese, Korean or Japanese consists of."""
