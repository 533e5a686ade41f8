"""Columns that say that a shot is not wanted: omitted, on hold, cut. It counts, and is told."""

import re
import unicodedata
from collections.abc import Iterator

from seedance_assets.adapters.shot_sheet.cells import is_switch, read_flag
from seedance_assets.adapters.shot_sheet.columns import Columns
from seedance_assets.adapters.shot_sheet.row import Objection, Row
from seedance_assets.adapters.shot_sheet.table import visible
from seedance_assets.adapters.shot_sheet.words import word, words_of
from seedance_assets.core.shot import Severity

_NOT_WANTED = words_of(
    "omit, omitted, omt, omits, skip, skipped, hold, on hold, hld, onhold, paused, pause, "
    "parked, cut, cut out, deleted, delete, del, dropped, drop, scrapped, killed, cancelled, "
    "canceled, cancel, cnl, inactive, disabled, archived, excluded, exclude, ignore, ignored, "
    "removed, remove, rejected, abandoned, postponed, not needed, not used, unused, do not use, "
    "do not film, dont use, out, nogo, gestrichen, streichen, entfällt, entfallen, pausiert, "
    "zurückgestellt, weglassen, weg, raus, überspringen, übersprungen, auslassen, ausgelassen, "
    "gelöscht, löschen, storniert, abgebrochen, verworfen, abgelehnt, inaktiv, nicht drehen, "
    "nicht verwenden, auf eis, omis, omettre, supprimé, supprimer, annulé, annulée, en attente, "
    "en pause, coupé, coupée, abandonné, abandonnée, ignorer, à ignorer, sauter, sauté, passé, "
    "rejeté, inactif, ne pas tourner, omitir, omitido, omitida, eliminado, eliminada, cancelado, "
    "cancelada, en espera, en pausa, descartado, descartada, cortado, cortada, saltar, inactivo, "
    "no usar, no rodar, borrado, omesso, omettere, eliminato, annullato, in attesa, in pausa, "
    "tagliato, saltare, scartato, sospeso, em espera, pausado, pular, excluído, removido, não "
    "usar, suspenso, overslaan, vervallen, geannuleerd, geschrapt, gepauzeerd, verwijderd, niet "
    "gebruiken, pominąć, pominięty, pominięte, anulowany, anulowane, wstrzymany, wstrzymane, "
    "usunięty, usunięte, vynechat, vynecháno, zrušeno, pozastaveno, smazáno, kihagy, törölt, "
    "törölve, omis, anulat, sters, struken, utgår, pausad, hoppa över, borttagen, slettet, "
    "utgår, udgår, sat på pause, poistettu, пропустить, пропущен, пропуск, отменен, отменён, "
    "отменено, отмена, отложен, отложено, удален, удалён, удалить, вырезан, вырезано, не "
    "снимать, пауза, на паузе, скасовано, пропустити, отпада, iptal, iptal edildi, atla, "
    "beklemede, silindi, çıkarıldı, ακυρώθηκε, παράλειψη, σε αναμονή, בוטל, לדלג, בהמתנה, ملغى, "
    "محذوف, معلق, تخطي, 跳过, 跳過, 省略, 暂停, 暫停, 取消, 已取消, 删除, 已删除, 刪除, 搁置, "
    "擱置, 作废, 作廢, 不拍, 不用, 剪掉, 弃用, 欠番, スキップ, 保留, 中止, 削除, カット, "
    "オミット, 不要, 没, ボツ, キャンセル, 停止, 생략, 보류, 취소, 취소됨, 삭제, 삭제됨, "
    "건너뛰기, 제외, 중단, bỏ, bỏ qua, hủy, tạm dừng, ยกเลิก, พัก, ข้าม"
)
_STATUS = words_of(
    "status, state, shot status, shot state, sg status, stand, zustand, statut, état, estado, "
    "estatus, stato, situação, stav, tila, állapot, durum, статус, состояние, 状态, 狀態, 状況, "
    "ステータス, 상태"
)
_WANTED_IF_TRUE = words_of(
    "include, included, active, enabled, enable, use, used, use it, render, generate, produce, "
    "film, shoot, do, go, wanted, needed, in cut, verwenden, aktiv, drehen, dabei, inclure, "
    "actif, utiliser, tourner, incluir, activo, usar, rodar, attivo, ativo, actief, aktywny, "
    "активен, снимать, 启用, 使用, 有効, 사용"
)
_UNWANTED_IF_TRUE = words_of(
    "omit, omitted, skip, skipped, hold, on hold, exclude, excluded, ignore, ignored, disabled, "
    "disable, inactive, deleted, cut, dropped, cancelled, canceled, remove, removed, do not use, "
    "auslassen, weglassen, überspringen, gestrichen, entfällt, pausiert, omis, supprimé, "
    "ignorer, omitir, omitido, descartado, cancelado, saltare, omesso, overslaan, pominąć, "
    "пропустить, 跳过, 停用, 取消, スキップ, 欠番, 제외, 생략"
)
_LONGEST = 40  # characters of a cell that says no more than a status


class StatusColumns:
    """The columns of a sheet that are not used and may say that a row is not wanted."""

    def __init__(self, columns: Columns) -> None:
        used = set(columns.places.values())
        self._words = {
            place: word(header)
            for place, header in enumerate(columns.headers)
            if header and place not in used
        }
        self._headers = columns.headers

    def objections(self, row: Row) -> Iterator[Objection]:
        """A remark for a row that one of its cells says is not wanted."""
        for place, header in self._words.items():
            text = visible(row.cells[place])
            if text and len(text) <= _LONGEST and _says_no(header, text):
                yield Objection(
                    "row_put_aside",
                    f"counts, though {self._headers[place][:_LONGEST]!r} says {text!r}",
                    "Delete the row if the shot is not wanted; the status has no effect.",
                    Severity.WARNING,
                )
                return


def _says_no(header: str, text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text).casefold()
    parts = [plain, re.split("[-–—:/,;(]", plain, maxsplit=1)[0]]
    if header in _STATUS:
        parts += plain.split()[:1]
    if any(word(part) in _NOT_WANTED for part in parts):
        return True
    if header in _WANTED_IF_TRUE | _UNWANTED_IF_TRUE and is_switch(text):
        return read_flag(text) == (header in _UNWANTED_IF_TRUE)
    return False
