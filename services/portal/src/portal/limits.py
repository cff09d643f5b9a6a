"""Limits of the inquiry, the protection of things that are found by a number and a second fact; and of drafts."""

from chassis.access.quotas import Demand, Policy
from chassis.events.inquiry import digits_of
from portal.domain.inquiry_form import Question
from portal.settings import Settings

HOUR = 3_600


def of_report_step(address: str, settings: Settings) -> Demand:
    """Returns what a step of a report's form is charged, because each keeps a draft. `reports` limits the filing."""
    policy = Policy("report-steps-of-address", settings.report_steps_per_address, HOUR)
    return Demand(policy, address)


def of_inquiry(question: Question, address: str, settings: Settings) -> list[Demand]:
    """Returns what an inquiry is charged. Many people share the address of a mobile network.

    One address has few tries with a number and with a mobile. All addresses together have more, so that one other
    address doesn't shut a person out; four addresses can, until the hour is over. A public register is limited by
    address only. A number counts by its digits, as it's looked up: other marks between them are no other number.
    """
    demands = [
        Demand(Policy("inquiries-of-address", settings.inquiries_per_address, HOUR), address)
    ]
    if question.proof is None:
        return demands
    number = settings.limit_index.key(f"{question.kind.code}|{digits_of(question.number)}")
    proof = settings.limit_index.key(f"{question.proof.by}|{question.proof.value}")
    return [
        *demands,
        *_tries("number", number, address, settings.inquiries_per_number, settings.inquiries_per_number_anywhere),
        *_tries("proof", proof, address, settings.inquiries_per_proof, settings.inquiries_per_proof_anywhere),
    ]  # fmt: skip


def _tries(name: str, subject: str, address: str, here: int, anywhere: int) -> list[Demand]:
    return [
        Demand(Policy(f"inquiries-of-{name}-and-address", here, HOUR), f"{subject}/{address}"),
        Demand(Policy(f"inquiries-of-{name}", anywhere, HOUR), subject),
    ]
