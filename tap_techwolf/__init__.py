"""The Singer tap for TechWolf: AI goals and task profiles, from one command."""
