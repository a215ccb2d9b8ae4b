s/[01]\.[0-9]\{8\}  \(ok\|FAILED\)/C  \1/
s/"\(max_abs\|mean_abs\|cosine\)": [-0-9.e]*/"\1": N/g
