"""Training and what computes: devices, compiled functions, schedules, checkpoints, weights, losses."""
