"""Values of hyperparameters: those that the table allows, from the table itself, and others."""

from numbers import Integral

from hypothesis import strategies as st

from skscratch.estimators.constraints import Named, Number, ScorerName


def minus_one(progress):
    """Return a factor that makes a rate negative."""
    return -1.0


def not_a_number(progress):
    """Return no factor."""
    return float("nan")


# Tiny networks, and options that make other paths through a fit.
TINY = {"width": 2, "depth": 1, "n_estimators": 2, "max_iter": 2, "random_state": 0}
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "scaling": st.sampled_from((None, "standard", "quantile")),
        "dtype": st.sampled_from(("float32", "float64")),
        "solver": st.sampled_from(("lbfgs", "sgd")),
        "numeric_embedding": st.sampled_from((None, "periodic")),
        "categorical_features": st.sampled_from((None, [0])),
        "early_stopping": st.booleans(),
        "max_categories": st.sampled_from((1, None)),
        "min_frequency": st.sampled_from((0.5, None)),
    },
)
LOSSES = st.sampled_from(("squared_error", "absolute_error", "huber", "poisson", "gamma", "cosine"))

# A fit with a large value of these is allowed, but takes long or much memory.
SMALL = {
    "width": st.integers(1, 3),
    "depth": st.integers(0, 3),
    "n_estimators": st.integers(1, 3),
    "max_iter": st.integers(1, 3),
    "hidden_layer_sizes": st.one_of(st.integers(1, 3), st.lists(st.integers(1, 3), max_size=3)),
}
# Values that a strategy cannot read from a test or a list of options.
ALLOWED = {
    "activation": st.lists(st.sampled_from(("relu", "tanh")), max_size=3),
    "class_weight": st.dictionaries(st.sampled_from((0, 1, 2)), st.floats(), max_size=3),
    "categorical_features": st.lists(st.integers(0, 3), max_size=3),
    "n_iter_no_change": st.just(float("inf")),
    "learning_rate": st.sampled_from((abs, minus_one, not_a_number)),
    "scoring": st.sampled_from(("accuracy", "r2", "roc_auc", "neg_log_loss", "f1", "recall_macro", "max_error")),
}
OTHERS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.sampled_from((10**400, -(10**400), 2**31, 1j, b"adam", (), [], {}, [None], ["a"], object, float, [0.5], [[1]])),
)


def of_number(number):
    """Numbers between two bounds, of every magnitude."""
    low, high = number.low, number.high
    if number.kind is Integral:
        return st.integers(int(low), int(high) if high < 2**70 else 2**70)
    is_open = {"exclude_min": number.brackets[0] == "(", "exclude_max": number.brackets[1] == ")"}
    return st.floats(low, high, allow_nan=False, **is_open)


def of_constraint(constraint):
    """Values that one constraint allows."""
    if isinstance(constraint, Number):
        return of_number(constraint)
    if isinstance(constraint, ScorerName) or not hasattr(constraint, "options"):
        return st.none()
    names = list(constraint.options)
    return st.sampled_from(names) if not isinstance(constraint, Named) else st.sampled_from(sorted(names))


def values(parameter):
    """Allowed values and others of a row of the table of hyperparameters."""
    if parameter.name in SMALL:
        return st.one_of(SMALL[parameter.name], OTHERS.filter(lambda value: not is_long(value)))
    allowed = [of_constraint(constraint) for constraint in parameter.constraints]
    return st.one_of(*allowed, ALLOWED.get(parameter.name, st.nothing()), OTHERS)


def is_long(value):
    """Whether a fit with so many units, members or epochs is allowed, but takes long."""
    return value is None or isinstance(value, Integral) and value > 3


def assignments(table):
    """Values of one to six hyperparameters of a table."""
    rows = {name: row for name, row in table.items() if name not in ("verbose",)}
    names = st.lists(st.sampled_from(list(rows)), min_size=1, max_size=6, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: values(rows[name]) for name in chosen}))
