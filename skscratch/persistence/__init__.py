"""The files of `skscratch.save` and of checkpoints: NumPy arrays and JSON in a zip archive, with a checksum.

An archive has these members, none of them compressed::

    format.json     {"format": "skscratch", "version": 1, "versions": {"numpy": "2.3.1", ...}}
    content.json    a tree of values; see `skscratch.persistence.values`
    arrays/0.npy    the arrays that the tree refers to, by number
    ...
    sha256.txt      of the names and bytes of all members above, in their order

To read a file executes nothing that is in it: there is no pickle, and the names of classes in the tree are looked up in
a list of this package and among the classes that are registered with a name. A checksum finds damage. It does not prove
who wrote the file. `numpy.load` opens such a file, too.
"""
