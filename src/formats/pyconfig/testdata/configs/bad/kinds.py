_base_ = '../_base_/model.py'
x = 1
model = dict(head=dict(topk=dict(a=1)))
