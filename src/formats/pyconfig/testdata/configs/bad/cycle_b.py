# comment
_base_ = ['cycle_a.py']
