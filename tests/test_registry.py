"""Families of classes that are chosen by name: names, objects, values, and what is refused."""

from dataclasses import dataclass

import pytest

from skscratch.registry import Registered


class Shape(Registered):
    """A family."""


class Fruit(Registered):
    """Another family."""


@dataclass(frozen=True)
class Square(Shape, name="square"):
    side: float = 1.0


@dataclass(frozen=True)
class Box(Square, name="box"):
    height: float = 2.0


class Dot(Shape, name="dot"):
    """A class without fields of its own."""


@dataclass(frozen=True)
class Unnamed(Shape):
    """A class of a user."""

    side: float


class Apple(Fruit, name="apple"):
    """The only class of its family."""


def test_names_are_in_the_order_of_definition_and_of_one_family():
    assert Shape.names() == ["square", "box", "dot"]
    assert Fruit.names() == ["apple"]


@pytest.mark.parametrize(("name", "expected"), [("square", Square()), ("box", Box()), ("dot", Dot())])
def test_a_name_makes_an_object_with_defaults(name, expected):
    assert Shape.make(name) == expected
    assert type(Shape.make(name)) is type(expected)


def test_values_set_the_fields_that_a_class_has():
    values = {"side": 3.0, "height": 4.0, "angle": 5.0}
    assert Shape.make("square", **values) == Square(3.0)
    assert Shape.make("box", **values) == Box(3.0, 4.0)
    assert Shape.make("dot", **values) == Dot()


@pytest.mark.parametrize("given", [Square(7.0), Dot(), Unnamed(1.0)])
def test_an_object_is_returned_as_it_is(given):
    assert Shape.make(given) is given
    assert Shape.make(given, side=9.0) is given


@pytest.mark.parametrize("given", ["apple", "Square", "", None, 3, ["square"], Apple(), Square])
def test_what_is_neither_a_name_nor_an_object(given):
    with pytest.raises(ValueError, match=r"must be one of \['square', 'box', 'dot'\] or an object .* from Shape\.$"):
        Shape.make(given)


def test_the_error_names_what_was_given():
    with pytest.raises(ValueError, match=r"^'cube' must be one of"):
        Shape.make("cube")


def test_a_later_class_joins_its_family_only():
    family = type("Family", (Registered,), {})
    late = type("Late", (family,), {}, name="late")
    assert family.names() == ["late"]
    assert isinstance(family.make("late"), late)
    assert "late" not in Shape.names()
