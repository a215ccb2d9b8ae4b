_base_ = 'missing.py'
