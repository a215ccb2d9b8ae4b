s/\(difference to float32\) [-0-9.e]*/\1 N/
s/"max_rel": [-0-9.e]*/"max_rel": N/
s/by [0-9.e-]*, relative to its largest number by [0-9.e-]*/by N, relative to its largest number by N/
