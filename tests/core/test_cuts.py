"""Whether a prompt asks for several shots, in the languages that people write prompts in."""

import pytest

from seedance_assets.core.cuts import cuts_asked, prompt_asks_for_cuts

ASKS = [
    "A girl runs along the pier. Cut to: her boots on wet planks.",
    "A girl runs, then cuts to a close-up of her eyes.",
    "[Shot 1] A harbour at dawn. [Shot 2] A gull on a mast.",
    "Shot 1: the street. Shot 2: the window.",
    "Wide view of the bay; the camera switches to the lighthouse keeper.",
    "Two friends talk, camera switch, the older one laughs.",
    "Totale der Bucht. Schnitt auf das Gesicht der Wärterin.",
    "Die Wärterin lacht. Die Kamera wechselt zum Boot.",
    "Einstellung 1: der Hafen. Einstellung 2: das Boot.",
    "Le port au matin. Coupe sur le visage du gardien.",
    "Plan 1 : le port. Plan 2 : le phare.",
    "La bahía al amanecer. Corte a la cara del farero.",
    "Plano 1: el puerto. Plano 2: el faro.",
    "女孩在码头奔跑，镜头切换，特写她的眼睛。",
    "镜头1：海港。镜头2：灯塔。",
    "少女が走る。カメラが切り替わり、灯台の窓が映る。",
    "カット1：港。カット2：灯台。",
]
ONE_TAKE = [
    "A girl runs along the pier; the camera pans to the lighthouse.",
    "She cuts the rope to the boat and steps back.",
    "A tailor cuts to the line with long scissors.",
    'The captain says: "Cut to the chase. Shot 2: fire!"',
    "One continuous shot, no cuts, no camera switches.",
    "The sun dissolves into mist; the scene is calm.",
    "The camera switches on with a click.",
    "He takes a second shot at the goal.",
    "Ohne Schnitt: die Kamera folgt dem Boot.",
    "Die Schnittblumen stehen in der Vase.",
    "Sans coupe, la caméra suit la barque.",
    "Il coupe du bois sur la plage.",
    "Sin cortes, la cámara sigue la barca.",
    "Corta la cuerda con un cuchillo.",
    "一镜到底，没有镜头切换，摄影机跟随小船。",
    "镜头缓缓推向灯塔。",
    "カメラは灯台をゆっくり映す。カットなし。",
    "",
]


@pytest.mark.parametrize("prompt", ASKS)
def test_a_prompt_that_describes_several_shots_asks_for_cuts(prompt: str) -> None:
    assert prompt_asks_for_cuts(prompt)


@pytest.mark.parametrize("prompt", ONE_TAKE)
def test_a_prompt_of_one_take_asks_for_none(prompt: str) -> None:
    assert not prompt_asks_for_cuts(prompt)


def test_the_sheet_counts_before_the_prompt() -> None:
    assert cuts_asked(0, ASKS[0]) == 0
    assert cuts_asked(3, "") == 3
    assert cuts_asked("any", "") == "any"
    assert cuts_asked(None, ASKS[0]) == "any"
    assert cuts_asked(None, "") is None
