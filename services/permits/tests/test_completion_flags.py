"""What becomes of a completion certificate once something that it rests on falls away: it's flagged, the flag is taken
off again, or it's revoked."""

from collections.abc import Callable
from typing import Any

import pytest

from permits.commands import change_permit, insulation
from permits.commands import completion as completions

from .test_certificates import end

Desk = Any


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (insulation.void_insulation, "insulation-voided"),
        (insulation.revoke_insulation, "insulation-revoked"),
    ],
)
def test_a_later_withdrawal_flags_the_completion_and_publishes_it(
    desk: Desk, command: Callable[..., Any], reason: str
) -> None:
    permit = desk.issued()
    insulation = desk.insulated(permit)
    completion = desk.complete(permit)

    end(desk, command, insulation)

    assert (completion.flagged, completion.flag_reason) == (True, reason)
    flagged = desk.published(completion.certificate_id)[-1]
    assert (flagged.happened, flagged.version) == ("flagged", 2)
    state = desk.published(permit.permit_id)[-1]
    assert (state.happened, state.data["completion"]["flagged"]) == ("amended", True)
    told = state.data["completion"]
    assert (told["flag_reason"], told["flagged_on"]) == (reason, desk.now.date().isoformat())
    assert state.data["status"] == "completed"


def test_cancelling_a_completed_permit_flags_its_completion(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    completion = desk.complete(permit)

    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")

    assert completion.flag_reason == "permit-cancelled"
    assert desk.published(permit.permit_id)[-1].data["completion"]["flagged"] is True


def test_a_restored_permit_takes_the_flag_of_its_cancellation_away(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    completion = desk.complete(permit)
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")

    restored(desk, permit)

    assert (completion.flagged, completion.flag_reason, completion.flagged_on) == (
        False,
        None,
        None,
    )
    unflagged = desk.published(completion.certificate_id)[-1]
    assert (unflagged.happened, unflagged.version) == ("unflagged", completion.version)
    assert unflagged.data["inquiry"]["next_step"] == "none"
    state = desk.published(permit.permit_id)[-1]
    assert (state.happened, state.data["status"]) == ("reinstated", "completed")
    assert state.data["completion"] == {
        **permit.completion,
        "flagged": False,
        "flag_reason": None,
        "flagged_on": None,
        "issued_on_hijri": state.data["completion"]["issued_on_hijri"],
        "flagged_on_hijri": None,
    }


def test_a_flag_for_another_reason_outlives_the_restoration(desk: Desk) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    completion = desk.complete(permit)
    end(desk, insulation.revoke_insulation, ground)
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")
    before = completion.version

    restored(desk, permit)

    assert (completion.flag_reason, completion.version) == ("insulation-revoked", before)
    assert desk.published(permit.permit_id)[-1].data["completion"]["flagged"] is True


def test_what_fell_away_while_the_permit_was_cancelled_keeps_the_flag(desk: Desk) -> None:
    permit = desk.issued()
    ground = desk.insulated(permit)
    completion = desk.complete(permit)
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")
    end(desk, insulation.revoke_insulation, ground)
    assert completion.flag_reason == "permit-cancelled"

    restored(desk, permit)

    assert (completion.flagged, completion.flag_reason) == (True, "insulation-revoked")
    told = desk.published(completion.certificate_id)[-1]
    assert (told.happened, told.data["flag_reason"]) == ("flagged", "insulation-revoked")
    state = desk.published(permit.permit_id)[-1].data["completion"]
    assert (state["flagged"], state["flag_reason"]) == (True, "insulation-revoked")


def restored(desk: Desk, permit: Any) -> None:
    change_permit.restore(
        desk.work.acting_as(desk.reviewer), permit.permit_id, reason="قُبل الاعتراض"
    )


def test_revoking_a_completion_puts_the_permit_in_force_again(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    completion = desk.complete(permit)

    end(desk, completions.revoke_completion, completion)

    assert (permit.status, permit.completion) == ("valid", None)
    assert desk.published(permit.permit_id)[-1].happened == "reinstated"
    assert desk.complete(permit).status == "issued"


def test_revoking_the_completion_of_a_cancelled_permit_leaves_it_cancelled(desk: Desk) -> None:
    permit = desk.issued()
    desk.insulated(permit)
    completion = desk.complete(permit)
    change_permit.cancel_permit(desk.work, permit.permit_id, reason="سبب")

    end(desk, completions.revoke_completion, completion)

    assert (permit.status, permit.completion) == ("cancelled", None)
    assert desk.published(permit.permit_id)[-1].happened == "amended"
