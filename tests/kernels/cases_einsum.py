"""Einsum: products, reductions, transposes, diagonals and ellipses."""

from op_case import FLOATS, NARROW, Case, data

# equation: the shapes of the runs
EQUATIONS = {
    "ij,jk->ik": [((5, 4), (4, 3)), ((2, 4), (4, 3)), ((0, 4), (4, 3)), ((2, 0), (0, 3))],
    "ij,kj->ki": [((5, 4), (3, 4))],
    "abc,cd->abd": [((2, 3, 4), (4, 5)), ((1, 3, 4), (4, 5))],
    "abc,abd->cd": [((2, 3, 4), (2, 3, 5))],
    "abc,cde->abde": [((2, 3, 4), (4, 2, 3))],
    "acbe,aecd->abcd": [((2, 3, 4, 5), (2, 5, 3, 6))],
    "aecd,abcd->acbe": [((2, 5, 3, 6), (2, 4, 3, 6))],
    "abcd,cde->abe": [((2, 3, 4, 5), (4, 5, 6))],
    "i,j->ij": [((3,), (4,))],
    "i,j->ji": [((3,), (4,))],
    "i,i->": [((7,), (7,))],
    "ij,ij->ij": [((3, 4), (3, 4))],
    "ij,ij->i": [((3, 4), (3, 4))],
    "ij,k->i": [((3, 4), (5,))],
    "i,->i": [((3,), ())],
    "...ij,...jk->...ik": [
        ((2, 3, 4), (2, 4, 5)),
        ((3, 4), (2, 4, 5)),
        ((6, 1, 3, 4), (2, 4, 5)),
        ((3, 4), (4, 5)),
    ],
    "...i,...i->...": [((2, 3), (3,)), ((3,), (3,)), ((2, 1, 3), (4, 3))],
    "a...b,b...->...a": [((2, 3, 4), (4, 3)), ((2, 5, 3, 4), (4, 1, 3))],
    "ij->ji": [((3, 4),), ((0, 4),)],
    "ij->": [((3, 4),)],
    "ijk->ki": [((3, 4, 5),)],
    "ii->i": [((4, 4),)],
    "ii->": [((4, 4),)],
    "iij->ji": [((3, 3, 2),)],
    "i->ii": [((3,),)],
    "ij->jij": [((3, 2),)],
    "ii,i->ii": [((3, 3), (3,))],
    "...->...": [((3, 4),), ((),)],
    "...ij->...ji": [((3, 4),), ((2, 3, 4),)],
}


def cases():
    for equation, shapes in EQUATIONS.items():
        for dtype in [*FLOATS, "int32", "int64"]:
            runs = [
                ([data(dtype, shape, seed=i) for i, shape in enumerate(run)],) for run in shapes
            ]
            name = equation.replace(".", "~")
            yield Case(
                "Einsum", runs, {"equation": equation}, f"{dtype}-{name}", wide=dtype in NARROW
            )
