"""fal.ai, a second source for Seedance 1.5 Pro. Its queue API, as far as it is documented:

- `POST https://queue.fal.run/<model id>` with the inputs as one flat object orders a generation
  and answers with `request_id`. Header: `Authorization: Key $FAL_KEY`.
- The other paths hold only owner and app (`fal-ai/bytedance`), not the rest of the model id:
  `GET …/requests/<id>/status` says `IN_QUEUE` (with `queue_position`), `IN_PROGRESS` or
  `COMPLETED`; a request that failed is `COMPLETED` too, with `error` and `error_type` beside it.
- `GET …/requests/<id>` gives the model's own answer, its HTTP status included: the video at
  `video.url`, or an error. Model errors have `detail` as a list (`loc`, `msg`, `type`, among them
  `content_policy_violation`); errors of the platform have `detail` as a text and `error_type`.
- `PUT …/requests/<id>/cancel` says `CANCELLATION_REQUESTED` (202), `ALREADY_COMPLETED` (400) or
  `NOT_FOUND` (404). A request that is already in progress may run on.
- A result is kept for an hour after its end, or six minutes if it is larger than 10 kB.
- Errors of 500 and above are never charged; a 422 may be, if a runner worked on it. No answer of
  the queue tells what a request cost, so the price table's estimate stands in the ledger.
- An account without credit gets 403 with "Exhausted balance" (seen in public issues).

Not known, as nobody here has seen the live service: the status of a request after it was cancelled
in the queue, whether bad inputs are refused at once or by the result, the answer to a result that
is not ready, whether the first frame may be a data URI for this model, and the sizes of its clips
(ByteDance's own are taken). The queue repeats a request by itself after trouble with a runner.

Not used: webhooks (nobody can reach a workstation), `api.fal.ai` for prices and balance (another
host, and the balance needs an admin key), the last frame (`end_image_url`).
"""

from collections.abc import Mapping

from seedance_assets.adapters.providers.fal.address import BASE_NAME, NAME, TOKEN_NAME, FalAddress
from seedance_assets.adapters.providers.fal.service import Fal

__all__ = ["Fal", "FalAddress", "FalProvider"]


class FalProvider:
    """fal.ai as a `production.ports.Provider`."""

    name = NAME
    token_name = TOKEN_NAME
    base_name = BASE_NAME
    has_emulator = False

    def address_in(self, environ: Mapping[str, str]) -> FalAddress | None:
        """The service that the environment names; None if it names none."""
        return FalAddress.from_environment(environ)
