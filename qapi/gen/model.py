# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a correct schema says: the types that check.py builds and emitters read, and their names in C."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .lexer import Loc

#: The built-in types of integers, and the largest value of each.
INTEGERS = {'uint8': 2**8 - 1, 'uint16': 2**16 - 1, 'uint32': 2**32 - 1, 'uint64': 2**64 - 1,
            'size': 2**64 - 1}
BUILTINS = ('bool', 'str', *INTEGERS, 'blob', 'any', 'bytes')
#: The built-in types that are absent when their pointer is NULL.
POINTERS = ('str', 'blob', 'any', 'bytes')


@dataclass(frozen=True)
class EnumValue:
    """One value of an enum."""

    name: str
    doc: str


@dataclass(frozen=True)
class Enum:
    """An enum."""

    name: str
    loc: Loc
    doc: str
    values: tuple[EnumValue, ...]


@dataclass(frozen=True)
class Member:
    """A member of a struct, a property of an object type."""

    name: str
    loc: Loc
    doc: str
    type: str | Enum | Struct  #: a str is a built-in type
    is_list: bool
    optional: bool
    default: str | None  #: as a user would write it
    min: int | None = None  #: of integers, or of the integers of a list
    max: int | None = None
    blob_size: int | None = None  #: the only size of a blob that is allowed

    @property
    def has_flag(self) -> bool:
        """Whether C needs a has_NAME to tell that the member is absent."""
        return self.optional and not self.is_list and self.type not in POINTERS

    @property
    def mandatory(self) -> bool:
        """Whether the member must be given."""
        return not self.optional and self.default is None


@dataclass
class Struct:
    """A struct, or the data that a command or event has of its own."""

    name: str
    loc: Loc
    doc: str
    members: list[Member] = field(default_factory=list)
    part_of: str = ''  #: the title of that command or event


@dataclass
class ObjectType:
    """A type of object. `members` are its own, without those of its parents."""

    name: str
    loc: Loc
    doc: str
    parent: ObjectType | None = None
    abstract: bool = False
    user_creatable: bool = False
    members: list[Member] = field(default_factory=list)


@dataclass
class Command:
    """A command. With a `tag`, the member of that name is the name of a user-creatable object type, whose properties
    are further arguments."""

    name: str
    loc: Loc
    doc: str
    arguments: Struct | None = None
    returns: str | Enum | Struct | None = None
    returns_list: bool = False
    tag: str | None = None


@dataclass
class Event:
    """An event."""

    name: str
    loc: Loc
    doc: str
    data: Struct | None = None


@dataclass
class Model:
    """A whole schema. A struct follows those that it contains and an object type its parent; else, the order
    is that of the files."""

    enums: list[Enum] = field(default_factory=list)
    structs: list[Struct] = field(default_factory=list)
    objects: list[ObjectType] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @property
    def owners(self) -> list[Struct | ObjectType]:
        """All that have a C structure and a field table: not an object type without members of its own."""
        data = [*(command.arguments for command in self.commands), *(event.data for event in self.events)]
        return [*self.structs, *(struct for struct in data if struct and struct.part_of),
                *(object_type for object_type in self.objects if object_type.members)]

    def of_file(self, path: str) -> Model:
        """The part that the file @path itself defines, without what it includes."""
        return Model([enum for enum in self.enums if enum.loc.path == path],
                     [struct for struct in self.structs if struct.loc.path == path],
                     [object_type for object_type in self.objects if object_type.loc.path == path],
                     [command for command in self.commands if command.loc.path == path],
                     [event for event in self.events if event.loc.path == path])


def c_name(name: str) -> str:
    """guest-memory -> guest_memory"""
    return name.replace('-', '_')


def camel(name: str) -> str:
    """sev-snp-guest -> SevSnpGuest, system_reset -> SystemReset"""
    return ''.join(part[0].upper() + part[1:] for part in re.split('[-_]', name))


def upper_snake(name: str) -> str:
    """OnOffAuto -> ON_OFF_AUTO, X86Segment -> X86_SEGMENT, CPUModel -> CPU_MODEL"""
    name = re.sub(r'([A-Z])([A-Z][a-z])', r'\1_\2', name)
    return re.sub(r'([a-z0-9])([A-Z])', r'\1_\2', name).upper()


def enumerator(enum: Enum, value: str) -> str:
    """The C name of value @value of @enum."""
    return f'{upper_snake(enum.name)}_{c_name(value).upper()}'


def enum_count(enum: Enum) -> str:
    """The C macro for the number of values of @enum."""
    return f'{upper_snake(enum.name)}__COUNT'


def struct_name(owner: Struct | ObjectType) -> str:
    """The C structure that holds the members of @owner."""
    return owner.name if isinstance(owner, Struct) else f'{camel(owner.name)}Properties'


def table_name(owner: Struct | ObjectType) -> str:
    """The C variable that describes the members of @owner."""
    return f'{c_name(owner.name)}_fields'


def handler_name(command: Command) -> str:
    """The C function that carries out @command."""
    return f'qmp_{c_name(command.name)}'


def event_enumerator(event: Event, prefix: str) -> str:
    """The C name of the number of @event."""
    return f'{c_name(prefix).upper()}_EVENT_{event.name}'


def type_text(member: Member) -> str:
    """The type of @member, for people."""
    match member.type:
        case Enum():
            text = '|'.join(value.name for value in member.type.values)
        case Struct():
            text = member.type.name
        case 'blob' if member.blob_size is not None:
            text = f'blob of {member.blob_size} byte{"s" if member.blob_size != 1 else ""}'
        case builtin:
            text = builtin
    return f'list of {text}' if member.is_list else text
