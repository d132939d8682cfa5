"""What runs inside the two boxes: a program in one, its tests in the other, a socket between them.

Neither imports anything else of tgl: in a box this folder is all there is of it.
"""
