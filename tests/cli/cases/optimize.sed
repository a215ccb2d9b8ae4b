s/^passes [0-9.]* s, verification [0-9.]* s, peak memory .*/passes T, verification T, peak memory M/
