"""Safety events of aircraft, as pure functions. `emergency` evaluates squawks and the field `emergency`."""
