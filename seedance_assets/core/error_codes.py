"""The codes of errors that earlier versions wrote down by the name of a class.

Their ledgers, outputs and logs are still read. The table is complete: new errors have codes only.
"""

CODES_BY_CLASS_NAME = {
    "InputError": "bad_input",
    "UsageError": "bad_usage",
    "InputMissing": "input_missing",
    "SheetRefused": "sheet_refused",
    "ShotRefused": "shot_refused",
    "FrameRefused": "frame_refused",
    "FrameOutOfReach": "frame_out_of_reach",
    "FrameNotDelivered": "frame_not_delivered",
    "SettingsRefused": "settings_refused",
    "ServiceError": "service_error",
    "NotAuthorised": "not_authorised",
    "BalanceTooLow": "balance_too_low",
    "UnknownModel": "unknown_model",
    "RequestRefused": "request_refused",
    "Throttled": "throttled",
    "ServiceFault": "service_fault",
    "NeverSent": "no_connection",
    "NotOrdered": "not_ordered",
    "AnswerLost": "answer_lost",
    "OrdersStopped": "orders_stopped",
    "OtherAccount": "other_account",
    "GenerationMissing": "generation_missing",
    "GenerationFailed": "generation_failed",
    "InputFailed": "input_failed",
    "Moderated": "moderated",
    "InputModerated": "moderated_input",
    "VideoModerated": "moderated_video",
    "AudioModerated": "moderated_audio",
    "GenerationCancelled": "generation_cancelled",
    "OutOfPatience": "still_running",
    "BudgetSpent": "budget_spent",
    "PriceUnknown": "price_unknown",
    "DownloadError": "download_failed",
    "HostRefused": "host_refused",
    "DownloadBroken": "download_broken",
    "VideoGone": "video_gone",
    "ClipRefused": "clip_unreadable",
    "ClipCrashed": "measuring_crashed",
    "QualityRefused": "quality_refused",
    "LedgerError": "ledger_error",
    "LedgerBehind": "ledger_behind",
    "TakeUnknown": "take_unknown",
    "TransitionRefused": "transition_refused",
    "StorageError": "storage_error",
    "StorageFull": "storage_full",
    "Defect": "defect",
    "NoticeError": "notice_failed",
    "NoticeNotTaken": "notice_not_taken",
    "NoticeDoubtful": "notice_unconfirmed",
}


def code_of(stored: str | None) -> str | None:
    """The code of an error that any version has written down."""
    return None if stored is None else CODES_BY_CLASS_NAME.get(stored, stored)
