s/^platform: .*/platform: P/
s/^processor: .*/processor: P/
s/^compiler: .*/compiler: C/
s/^\(transforms\|post-processing heads\):\t.*/\1:\tN/
s/, [0-9]* modules$/, N modules/
s/^  compiler:.*/  compiler:	C/
