"""The invented words that the company's data are generated from, and the ids made from them."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from functools import cache

NAMESPACE = uuid.UUID("6f1d2c52-5f0e-4a43-9a53-3d1f4f6d8b11")


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A task that people of a job family do.

    Attributes:
        name: The task in a few words.
        level: Its AI impact level: H1 (highly automatable) to H3 (needs judgement).
        hours: Typical hours per week; None without an estimate.
        skills: The skills that it requires.
    """

    name: str
    level: str
    hours: float | None
    skills: tuple[str, ...]


RATIONALES = {
    "H1": "Routine and rule-based: an assistant can do nearly all of it, with spot checks.",
    "H2": "An assistant drafts, a person decides: about half of the effort goes away.",
    "H3": "Rests on trust, context and judgement that stay with people.",
}

GRADES = ("Junior", "", "Senior", "Lead")

# Job family -> its job titles, and the tasks of the people who hold them.
FAMILIES: dict[str, tuple[tuple[str, ...], tuple[TaskKind, ...]]] = {
    "Software Engineering": (
        ("Backend Engineer", "Frontend Engineer", "Site Reliability Engineer"),
        (
            TaskKind("Write unit tests", "H1", 4, ("Python", "Test-Driven Development")),
            TaskKind("Review pull requests", "H3", 5, ("Code Review", "Python")),
            TaskKind("Design service interfaces", "H3", 6, ("Software Architecture",)),
            TaskKind("Fix reported defects", "H2", 7.5, ("Debugging", "Python")),
            TaskKind("Keep the deployment pipeline running", "H2", 3, ("Kubernetes", "CI/CD")),
            TaskKind("Write release notes", "H1", 1.5, ("Technical Writing",)),
        ),
    ),
    "Data and AI": (
        ("Data Scientist", "Data Engineer", "Machine Learning Engineer"),
        (
            TaskKind("Clean incoming data sets", "H1", 6, ("SQL", "Data Quality")),
            TaskKind("Train and compare models", "H2", 8, ("Machine Learning", "Python")),
            TaskKind("Explain results to decision makers", "H3", 4, ("Storytelling",)),
            TaskKind("Review model outputs", "H3", None, ("Machine Learning",)),
            TaskKind("Build dashboards", "H1", 5, ("Data Visualisation", "SQL")),
        ),
    ),
    "Sales": (
        ("Account Executive", "Sales Development Representative"),
        (
            TaskKind("Research prospects", "H1", 6, ("Market Research",)),
            TaskKind("Negotiate contracts", "H3", 5, ("Negotiation", "Contract Law")),
            TaskKind("Keep the CRM up to date", "H1", 4, ("Salesforce",)),
            TaskKind("Prepare offers", "H2", 5, ("Pricing", "Technical Writing")),
            TaskKind("Visit customers", "H3", 8, ("Relationship Building",)),
        ),
    ),
    "Finance": (
        ("Accountant", "Controller", "Payroll Specialist"),
        (
            TaskKind("Reconcile accounts", "H1", 9, ("Accounting", "Excel")),
            TaskKind("Forecast cash flow", "H2", 4, ("Financial Modelling",)),
            TaskKind("Answer auditors' questions", "H3", 2.5, ("Auditing",)),
            TaskKind("Run payroll", "H1", 7, ("Payroll", "Labour Law")),
        ),
    ),
    "People": (
        ("Recruiter", "HR Business Partner", "Learning Specialist"),
        (
            TaskKind("Screen applications", "H1", 7, ("Recruiting",)),
            TaskKind("Lead job interviews", "H3", 8, ("Interviewing",)),
            TaskKind("Draft job descriptions", "H1", 3, ("Technical Writing",)),
            TaskKind("Coach managers", "H3", 6, ("Coaching", "Conflict Resolution")),
        ),
    ),
    "Customer Support": (
        ("Support Specialist", "Technical Support Engineer"),
        (
            TaskKind("Answer routine questions", "H1", 14, ("Customer Service",)),
            TaskKind("Trace faults in customer systems", "H2", 9, ("Debugging",)),
            TaskKind("Calm upset customers", "H3", 5, ("De-escalation",)),
            TaskKind("Write help articles", "H1", None, ("Technical Writing",)),
        ),
    ),
    "Logistics": (
        ("Supply Chain Planner", "Warehouse Supervisor"),
        (
            TaskKind("Plan replenishment", "H2", 8, ("Demand Planning", "Excel")),
            TaskKind("Track shipments", "H1", 7, ("SAP",)),
            TaskKind("Lead a shift", "H3", 12, ("Team Leadership",)),
            TaskKind("Inspect incoming goods", "H3", 6, ("Quality Control",)),
        ),
    ),
    "Legal": (
        ("Legal Counsel", "Compliance Officer"),
        (
            TaskKind("Review standard contracts", "H1", 9, ("Contract Law",)),
            TaskKind("Advise on new regulation", "H3", 6, ("Compliance",)),
            TaskKind("Answer data subject requests", "H2", 3, ("Data Protection",)),
        ),
    ),
}

GOALS = (
    ("Hand routine work to an assistant", "Let an assistant draft what I now write by hand."),
    ("Learn to check AI output", "Find mistakes in generated work before customers do."),
    ("Automate my weekly report", 'Replace the "copy and paste" hour on Fridays; keep the story.'),
    ("Grow into a lead role", "Take on design reviews.\nMentor two juniors.\nMeasure it monthly."),
    (
        "Einführung von KI im Team",
        "Über fünf Pilotprojekte prüfen, was KI im Alltag wirklich spart.",
    ),
    ("Build a prompt library", "Collect what works; share it: with examples, costs & limits. 🚀"),
)


@cache
def slug(name: str) -> str:
    """Return an id made from a name: lower-case letters, digits and '-'."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


@cache
def skill_id(skill: str) -> str:
    """Return the id of a skill."""
    return str(uuid.uuid5(NAMESPACE, f"skill {skill}"))


def rationale(kind: TaskKind) -> str:
    """Return the reason for a task's AI impact level."""
    return RATIONALES[kind.level]
