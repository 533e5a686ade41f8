"""Words that stand in a cell because nothing does: `TBD`, `N/A`, dashes, errors of formulas."""

import re

_NOTHING = frozenset(
    (
        "nan",
        "none",
        "null",
        "nil",
        "n/a",
        "na",
        "n.a.",
        "n. a.",
        "#n/a",
        "<na>",
        "nat",
        "undefined",
        "void",
        "missing",
    )
)
_TO_COME = frozenset(
    word
    for words in (
        "tbd, t.b.d., tba, tbc, todo, to do, to-do, fixme, wip, pending, placeholder, xxx, lorem "
        "ipsum, to be determined, to be defined, to be decided, to be added, to be confirmed, to "
        "be written, to come, coming soon, not available, not applicable, not yet, unknown, "
        "empty, blank, nothing, no prompt, prompt, prompt here, enter prompt, insert prompt, add "
        "prompt, same, same as above, as above, see above, ditto, idem, dito, id., loading..., "
        "loading…",
        "k.a., k. a., keine, keine angabe, keins, leer, offen, folgt, noch offen, kommt noch, "
        "s.o., s. o., siehe oben, wie oben, unbekannt, entfällt, nicht verfügbar",
        "s.o, sans objet, non applicable, non défini, à définir, a definir, à venir, a venir, à "
        "compléter, à faire, n.c., nc, vide, aucun, aucune, néant, rien, voir ci-dessus, idem "
        "ci-dessus, inconnu",
        "por definir, pendiente, por determinar, no aplica, no disponible, sin definir, vacío, "
        "ninguno, ninguna, nada, igual, véase arriba, desconocido",
        "da definire, da fare, da determinare, non disponibile, nessuno, nessuna, niente, vuoto, "
        "come sopra",
        "não aplicável, a confirmar, nenhum, nenhuma, vazio, idem acima, pendente, não disponível",
        "n.v.t., nvt, nog te bepalen, geen, leeg, idem, zie boven, onbekend",
        "nd, n.d., b.d., brak, do ustalenia, nie dotyczy, puste, jak wyżej, není, žádné, "
        "nevyplněno, ej aktuellt, saknas, ingen, inget, tomt, mangler, ikke aktuelt, puuttuu, ei "
        "mitään, nincs, üres",
        "н/д, н/п, н.д., нет, нет данных, не указано, пусто, уточнить, уточняется, то же, см. "
        "выше, будет позже, немає, не применимо, няма",
        "yok, boş, belirlenecek, yukarıdaki gibi, δεν υπάρχει, κενό, אין, ריק, لا يوجد, غير "
        "متوفر, فارغ, ندارد",
        "无, 無, 暂无, 暫無, 待定, 未定, 空, 空白, 没有, 沒有, 同上, 待补, 待補, 待填, 不适用, "
        "不適用, なし, ナシ, 該当なし, 未記入, 未入力, 空欄, 上記と同じ, 後日, 없음, 미정, 해당 "
        "없음, 해당없음, 추후, 위와 같음, 비어 있음, không có, chưa có, ไม่มี",
    )
    for word in words.split(", ")
)
_NAMED_ERROR = re.compile(r"#[\w/.,·’'\-\u0080-\U0010ffff]{1,24}(?:[ \xa0\u202f]?[!?])?")
_CALC_ERROR = re.compile(r"[^\W\d_]{2,16}\.?[ \xa0]?[:：] ?5\d\d")
_DASHES = 5
_QUOTES = "\"'“”„‟‘’‚«»‹›「」『』()[]{}<>（）【】"


def is_nothing(text: str) -> bool:
    """Whether a cell says that it is empty, as programs and people write it: `nan`, `n/a`, `-`."""
    return (
        not text
        or text.casefold() in _NOTHING
        or (len(text) <= _DASHES and not text.strip("-–—−‐‑ "))
    )


def is_word_for_none(text: str) -> bool:
    """Whether a cell holds only a word for a text that is missing: `TBD`, `folgt`, `待定`."""
    plain = text.strip().strip(_QUOTES).strip().casefold()
    return is_nothing(plain) or plain in _TO_COME or plain.rstrip(".!?…:") in _TO_COME


def is_placeholder(text: str) -> bool:
    """Whether a cell that should hold a sentence holds a word for none, or no letter at all."""
    return is_word_for_none(text) or not any(map(str.isalpha, text))


def is_error_value(text: str) -> bool:
    """`#REF!`, `#BEZUG!`, `#ЗНАЧ!`, `Err:502`: a formula that came to nothing, in any language."""
    if text.startswith("#"):
        if not text.strip("#"):
            return True
        known = _NAMED_ERROR.fullmatch(text) is not None and not text[1:].isdecimal()
        return known and (text[-1] in "!?" or "/" in text or text == text.upper())
    return _CALC_ERROR.fullmatch(text) is not None
