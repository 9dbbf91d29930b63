"""The published figures, reproduced: studies for scripts/explore, and what is made of their tables."""
