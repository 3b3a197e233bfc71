"""Networks on whole observations and on whole profiles, all splits of the observations trained at once."""
