"""Study 1: Mg II h&k spectra before flares (Panos & Kleint 2020)."""
