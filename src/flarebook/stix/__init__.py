"""Study 2: STIX X-ray flare images through frozen encoders (Drozdova et al. 2024)."""
