"""Families of classes that users choose from by name.

A family is a class that derives from `Registered` directly; its subclasses say under which name they can be chosen:

>>> class Shape(Registered):
...     '''A family.'''
>>> @dataclass(frozen=True)
... class Square(Shape, name="square"):
...     side: float = 1.0
>>> Shape.names()
['square']
>>> Shape.make("square"), Shape.make("square", side=2.0, angle=0.5), Shape.make(Square(3.0))
(Square(side=1.0), Square(side=2.0), Square(side=3.0))
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self


@dataclass(frozen=True)
class Registered:
    """A member of a family of classes; ``name`` in the class statement is what users write for it.

    A class may be defined again, as in a notebook; a name that another class has is refused with a ValueError.
    """

    _classes: ClassVar[dict[str, type[Registered]]]

    def __init_subclass__(cls, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if Registered in cls.__bases__:
            cls._classes = {}
        if name is not None:
            other = cls._classes.setdefault(name, cls)
            if (other.__module__, other.__qualname__) != (cls.__module__, cls.__qualname__):
                raise ValueError(f"name must be new, got {name!r}, which is {other.__qualname__}; choose another name.")
            cls._classes[name] = cls

    @classmethod
    def names(cls) -> list[str]:
        """All names of the family, in the order in which the classes are defined."""
        return list(cls._classes)

    @classmethod
    def make(cls, given: Any, /, **values: Any) -> Self:
        """Return an object of the family as it is, or make one from a name.

        Parameters
        ----------
        given : str or Registered
            A name, or an object of the family.
        **values : object
            Values for the fields of the class with that name; those of other names are left out.

        Raises
        ------
        ValueError
            If it is neither.
        """
        if isinstance(given, cls):
            return given
        if not (isinstance(given, str) and given in cls._classes):
            raise ValueError(
                f"{given!r} must be one of {cls.names()} or an object of a class that derives from {cls.__name__}."
            )
        found: Any = cls._classes[given]
        return found(**{field.name: values[field.name] for field in fields(found) if field.name in values})
