"""Full-disk AIA and HMI images: reading, preparation, archives."""
