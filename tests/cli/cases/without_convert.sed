s/^platform: .*/platform: P/
