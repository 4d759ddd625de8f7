"""The vocabulary of skills, and the skill profiles of employees and jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.entities import ProfileSkill, Skill
from sandbox.vocabulary import FAMILIES, skill_id, slug

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from sandbox.entities import Entity

# Skills that no task needs. Each exists in all variations.
_TOPICS = {
    "Business": ("Budgeting", "Procurement", "Project Management", "Risk Management", "Planning"),
    "Communication": ("Copywriting", "Facilitation", "Mentoring", "Presenting", "Translation"),
    "Design": ("Branding", "Prototyping", "Service Design", "User Research", "Wireframing"),
    "Engineering": ("Electronics", "Mechanics", "Metrology", "Robotics", "Welding"),
    "Public Affairs": ("Campaigning", "Fundraising", "Lobbying", "Policy Analysis", "Protocol"),
}
_VARIATIONS = ("", "Agile ", "Digital ", "Remote ", "Strategic ", "Sustainable ", "Technical ")
_OUTSIDE_TAXONOMY = "Public Affairs"

# Skills that the company made itself, with their job families.
_CUSTOM = {
    "Port Crane Signals": "Logistics",
    "House Style": "People",
    "Ledger Migration 2019": "Finance",
}
# Skills that the company renamed, with TechWolf's names.
_DEFAULT_NAMES = {"Excel": "Microsoft Excel", "SAP": "SAP ERP"}

_STATES = ("suggested",) * 5 + ("validated",) * 4 + ("rejected",)
# Types of events, and the systems that they are from.
_SOURCES = (
    ("working_history", "workday"),
    ("project", "workday"),
    ("learning", "cornerstone"),
    ("resume_document", "upload"),
)


def _vocabulary() -> dict[str, Skill]:
    domains: dict[str, str] = {}
    for family, (_, kinds) in FAMILIES.items():
        for kind in kinds:
            for name in kind.skills:
                domains.setdefault(name, family)
    for domain, topics in _TOPICS.items():
        domains |= {variation + topic: domain for topic in topics for variation in _VARIATIONS}
    domains |= _CUSTOM
    return {
        name: Skill(
            external_id=skill_id(name),
            name=name,
            default_name=None if name in _CUSTOM else _DEFAULT_NAMES.get(name, name),
            domain=domain,
            is_in_taxonomy=name not in _CUSTOM and domain != _OUTSIDE_TAXONOMY,
            last_updated=datetime(2024, 1, 1, tzinfo=UTC),
        )
        for name, domain in domains.items()
    }


_SKILLS = _vocabulary()
# What people can do that neither tasks nor jobs need. Nobody has the rest of the vocabulary.
_OTHERS = tuple(_SKILLS)[::3]


def all_skills() -> list[Skill]:
    """Return all skills of the vocabulary."""
    return list(_SKILLS.values())


def job_skills(chance: random.Random, job: Entity) -> list[ProfileSkill]:
    """Return what a job needs: skills for its tasks, and some of its family.

    Args:
        chance: The source of randomness.
        job: The job; one without tasks is new and has no profile yet.
    """
    if not job.tasks:
        return []
    family, kinds = next(
        (name, kinds) for name, (_, kinds) in FAMILIES.items() if slug(name) == job.job_family_id
    )
    common = [skill for kind in kinds for skill in kind.skills]
    common += [name for name, owner in _CUSTOM.items() if owner == family]
    names = [*_of_tasks(job), *chance.sample(common, min(3, len(common)))]
    return [
        ProfileSkill(
            _SKILLS[name],
            chance.choices(("initially_validated", "validated", "suggested"), (5, 4, 1))[0],
            level=chance.randint(1, 3),
            is_critical=chance.choice((True, False, None)),
            is_common=chance.choice((True, False, None)),
        )
        for name in dict.fromkeys(names)
    ]


def employee_skills(
    chance: random.Random, employee: Entity, needed: Sequence[ProfileSkill]
) -> list[ProfileSkill]:
    """Return the skills of an employee: of the tasks, most of what the job needs, and others.

    Args:
        chance: The source of randomness.
        employee: The employee; about one in twelve has no skills yet.
        needed: What the job needs that the employee holds.
    """
    if chance.random() < 0.08:
        return []
    names = [name for name in _of_tasks(employee) if chance.random() < 0.9]
    names += [one.skill.name for one in needed if chance.random() < 0.6]
    names += chance.sample(_OTHERS, chance.randint(0, 4))
    return [_employee_skill(chance, _SKILLS[name]) for name in dict.fromkeys(names)]


def _employee_skill(chance: random.Random, skill: Skill) -> ProfileSkill:
    state = chance.choice(_STATES)
    events = []
    for event_type, source in chance.choices(_SOURCES, k=chance.choice((1, 2))):
        external_id = f"event-{chance.getrandbits(48):012x}"
        events.append({"external_id": external_id, "event_type": event_type, "source": source})
    self_rated = chance.choice((1, 2, 3, 4, 5)) if state == "validated" else None
    level = chance.choice((None, 1, 2, 3, 4, 5))
    return ProfileSkill(skill, state, events, self_rated, level)


def match_score(held: Iterable[ProfileSkill], needed: Sequence[ProfileSkill]) -> float:
    """Return how well skills match what a job needs: from 0.2 to 1."""
    ids = {one.skill.external_id for one in held if one.state != "rejected"}
    found = sum(one.skill.external_id in ids for one in needed)
    return round(0.2 + 0.8 * found / len(needed), 2) if needed else 0.2


def _of_tasks(entity: Entity) -> list[str]:
    return [skill for task in entity.tasks for skill in task.kind.skills]
