"""What scripts/accuracy is made of."""
