"""STEP files of our own making: a block with exact faces, and what people who mean ill make of one."""

from collections.abc import Sequence

_HEAD = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('a block for a test'),'2;1');
FILE_NAME('block.step','2026-01-01T00:00:00',(''),(''),'Loomprint','Loomprint','');
FILE_SCHEMA(('AUTOMOTIVE_DESIGN { 1 0 10303 214 1 1 1 1 }'));
ENDSEC;
DATA;
"""
_END = "ENDSEC;\nEND-ISO-10303-21;\n"
# Corners of each side of a block, seen from outside, counterclockwise; bit 0 of a corner is x, bit 1 y, bit 2 z.
_SIDES = ((0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5))


class StepWriter:
    """Numbers entities as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, text: str) -> str:
        """Write one entity and return its reference."""
        self.lines.append(f"#{len(self.lines) + 1}={text};")
        return f"#{len(self.lines)}"

    def listed(self, references: Sequence[str]) -> str:
        return "(" + ",".join(references) + ")"

    def direction(self, vector: Sequence[float]) -> str:
        return self.add("DIRECTION('',({},{},{}))".format(*(float(value) for value in vector)))

    def point(self, place: Sequence[float]) -> str:
        return self.add("CARTESIAN_POINT('',({},{},{}))".format(*(float(value) for value in place)))

    def finish(self) -> bytes:
        return (_HEAD + "\n".join(self.lines) + "\n" + _END).encode()


def step_block(size: Sequence[float] = (10, 20, 30)) -> bytes:
    """A block with a corner at the origin, in millimeters."""
    writer = StepWriter()
    context = _context(writer)
    corners = [[size[axis] * (corner >> axis & 1) for axis in range(3)] for corner in range(8)]
    vertices = [writer.add(f"VERTEX_POINT('',{writer.point(corner)})") for corner in corners]
    edges: dict[tuple[int, int], str] = {}
    faces = []
    for side in _SIDES:
        turns = list(zip(side, (*side[1:], side[0]), strict=True))
        loop = []
        for start, end in turns:
            low, high = min(start, end), max(start, end)
            if (low, high) not in edges:
                along = [b - a for a, b in zip(corners[low], corners[high], strict=True)]
                length = sum(abs(value) for value in along)
                direction = writer.direction([value / length for value in along])
                vector = writer.add(f"VECTOR('',{direction},1.)")
                line = writer.add(f"LINE('',{writer.point(corners[low])},{vector})")
                edges[low, high] = writer.add(f"EDGE_CURVE('',{vertices[low]},{vertices[high]},{line},.T.)")
            forward = ".T." if start < end else ".F."
            loop.append(writer.add(f"ORIENTED_EDGE('',*,*,{edges[low, high]},{forward})"))
        bound = writer.add(f"FACE_OUTER_BOUND('',{writer.add(f'EDGE_LOOP({_Q},{writer.listed(loop)})')},.T.)")
        plane = writer.add(f"PLANE('',{_placement(writer, corners, side)})")
        faces.append(writer.add(f"ADVANCED_FACE('',({bound}),{plane},.T.)"))
    shell = writer.add(f"CLOSED_SHELL('',{writer.listed(faces)})")
    solid = writer.add(f"MANIFOLD_SOLID_BREP('',{shell})")
    shape = writer.add(f"ADVANCED_BREP_SHAPE_REPRESENTATION('',({solid}),{context})")
    definition = _product(writer)
    writer.add(f"SHAPE_DEFINITION_REPRESENTATION({definition},{shape})")
    return writer.finish()


_Q = "''"


def _placement(writer: StepWriter, corners: list[list[float]], side: Sequence[int]) -> str:
    first, second, third = (corners[corner] for corner in side[:3])
    u = [b - a for a, b in zip(first, second, strict=True)]
    v = [b - a for a, b in zip(second, third, strict=True)]
    normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]]
    size, length = sum(abs(value) for value in normal), sum(abs(value) for value in u)
    up, along = [value / size for value in normal], [value / length for value in u]
    return writer.add(f"AXIS2_PLACEMENT_3D('',{writer.point(first)},{writer.direction(up)},{writer.direction(along)})")


def _context(writer: StepWriter) -> str:
    length = writer.add("(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))")
    angle = writer.add("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
    solid_angle = writer.add("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
    accuracy = writer.add(f"UNCERTAINTY_MEASURE_WITH_UNIT(LENGTH_MEASURE(1.E-07),{length},'','')")
    return writer.add(
        f"(GEOMETRIC_REPRESENTATION_CONTEXT(3)GLOBAL_UNCERTAINTY_ASSIGNED_CONTEXT(({accuracy}))"
        f"GLOBAL_UNIT_ASSIGNED_CONTEXT(({length},{angle},{solid_angle}))REPRESENTATION_CONTEXT('',''))"
    )


def _product(writer: StepWriter) -> str:
    application = writer.add("APPLICATION_CONTEXT('automotive design')")
    context = writer.add(f"PRODUCT_CONTEXT('',{application},'mechanical')")
    product = writer.add(f"PRODUCT('block','block','',({context}))")
    formation = writer.add(f"PRODUCT_DEFINITION_FORMATION('','',{product})")
    view = writer.add(f"PRODUCT_DEFINITION_CONTEXT('part definition',{application},'design')")
    definition = writer.add(f"PRODUCT_DEFINITION('design','',{formation},{view})")
    return writer.add(f"PRODUCT_DEFINITION_SHAPE('','',{definition})")


def step_of(*lines: str) -> bytes:
    """A STEP whose data are these entities."""
    return (_HEAD + "".join(f"{line};\n" for line in lines) + _END).encode()


def doubled_assemblies(levels: int) -> bytes:
    """Each product holds the next one twice: 2 to the power of `levels` parts."""
    uses = [
        f"#{1000 + 2 * level + half}=NEXT_ASSEMBLY_USAGE_OCCURRENCE('','','',#{level + 1},#{level + 2},$)"
        for level in range(levels)
        for half in (0, 1)
    ]
    products = [f"#{level + 1}=PRODUCT_DEFINITION('','',$,$)" for level in range(levels + 1)]
    return step_of(*products, *uses)


def doubled_maps(levels: int) -> bytes:
    """Each representation shows the next one twice."""
    lines = []
    for level in range(levels):
        first = 10 * level + 1
        lines += [
            f"#{first}=SHAPE_REPRESENTATION('',(#{first + 1},#{first + 2}),$)",
            f"#{first + 1}=MAPPED_ITEM('',#{first + 3},$)",
            f"#{first + 2}=MAPPED_ITEM('',#{first + 3},$)",
            f"#{first + 3}=REPRESENTATION_MAP($,#{first + 10})",
        ]
    return step_of(*lines, f"#{10 * levels + 1}=SHAPE_REPRESENTATION('',(),$)")


def chained(length: int) -> bytes:
    """Curves that are each cut from the next."""
    lines = [f"#{number}=TRIMMED_CURVE('',#{number + 1},$,$,.T.,.PARAMETER.)" for number in range(1, length)]
    return step_of(*lines, f"#{length}=DIRECTION('',(1.,0.,0.))")


def step_balls(count: int, *, radius: float = 10.0) -> bytes:
    """So many balls in a row that do not touch, in millimeters: each is one exact face."""
    writer = StepWriter()
    context = _context(writer)
    up, along = writer.direction((0, 0, 1)), writer.direction((1, 0, 0))
    solids = []
    for number in range(count):
        middle = (number * 2.5 * radius, 0.0, 0.0)
        pole = writer.add(f"VERTEX_POINT('',{writer.point((middle[0], 0, radius))})")
        bound = writer.add(f"FACE_BOUND('',{writer.add(f'VERTEX_LOOP({_Q},{pole})')},.T.)")
        place = writer.add(f"AXIS2_PLACEMENT_3D('',{writer.point(middle)},{up},{along})")
        surface = writer.add(f"SPHERICAL_SURFACE('',{place},{radius})")
        face = writer.add(f"ADVANCED_FACE('',({bound}),{surface},.T.)")
        solids.append(writer.add(f"MANIFOLD_SOLID_BREP('',{writer.add(f'CLOSED_SHELL({_Q},({face}))')})"))
    shape = writer.add(f"ADVANCED_BREP_SHAPE_REPRESENTATION('',{writer.listed(solids)},{context})")
    writer.add(f"SHAPE_DEFINITION_REPRESENTATION({_product(writer)},{shape})")
    return writer.finish()
