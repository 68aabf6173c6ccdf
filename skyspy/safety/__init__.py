"""Domain (pure): what is dangerous in the sky. `emergency` is what squawks and the field `emergency` mean."""
