"""Training: devices, schedules, checkpoints, weights, losses."""
