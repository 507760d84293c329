from designs.templatetags.designs import fact_lines, frame_question

MESH = {
    "format": "stl_binary",
    "triangles": 1,
    "degenerate_triangles": 0,
    "bounds": {"min": [0.0, 0.0, 0.0], "max": [1.0, 2.0, 3.0], "extent": [1.0, 2.0, 3.0]},
    "watertight": False,
    "winding_consistent": True,
    "inside_out": False,
    "area": 22.0,
    "volume": None,
    "bodies": 1,
    "units": "unknown",
    "has_colors": False,
    "has_textures": False,
}


def test_a_mesh_without_units_is_shown_in_its_own_numbers_and_says_so() -> None:
    lines = dict(fact_lines(MESH))
    assert lines["Format"] == "STL, binary"
    assert lines["Size"] == "1.0 × 2.0 × 3.0 units"
    assert lines["Mesh"] == "1 triangle, not watertight, 1 body"
    assert lines["Units"] == "the file states none; usually millimeters"
    assert "Volume, area" not in lines
    assert lines["Area"] == "22.0", "an open mesh has an area too"


def test_a_shape_with_a_hole_through_it_tells_its_euler_number() -> None:
    assert dict(fact_lines({**MESH, "euler_number": -2}))["Euler number"] == "-2"
    assert "Euler number" not in dict(fact_lines(MESH))


def test_a_mesh_in_meters_is_shown_in_millimeters() -> None:
    lines = dict(fact_lines({**MESH, "units": "m", "watertight": True, "volume": 6.0, "inside_out": True}))
    assert lines["Size"] == "1000.0 × 2000.0 × 3000.0 mm"
    assert lines["Mesh"] == "1 triangle, watertight, 1 body, inside out"
    assert lines["Volume, area"] == "6,000,000.0 cm³, 220,000.0 cm²"
    assert "Units" not in lines


def test_an_image_is_shown_in_pixels() -> None:
    facts = {"format": "png", "width": 3200, "height": 2400, "mode": "RGBA", "has_alpha": True}
    assert fact_lines({**facts, "has_color_profile": False}) == [
        ("Format", "PNG"),
        ("Size", "3200 × 2400 px (7.7 MP)"),
        ("Colors", "RGBA, with transparency"),
        ("Color profile", "none: read as sRGB"),
    ]
    shown = dict(fact_lines({**facts, "transparent_share": 0.125}))
    assert shown["Transparency"] == "12.5 % of the pixels let something through"
    assert "Transparency" not in dict(fact_lines({**facts, "has_alpha": False, "transparent_share": 0.0}))
    deep = dict(fact_lines({**facts, "bits": 16}))
    assert deep["Colors"] == "RGBA, 16 bits a channel, with transparency"


def test_lengths_are_rounded_and_not_cut() -> None:
    facts = {**MESH, "units": "m", "bounds": {"extent": [0.11996, 0.0899999999, 0.00004]}}
    assert dict(fact_lines(facts))["Size"] == "120.0 × 90.0 × 0.0 mm"


def test_nothing_measured_yet_gives_no_lines() -> None:
    assert fact_lines({}) == []


def test_every_unit_that_a_file_can_state_is_shown_in_millimeters() -> None:
    shown = {unit: dict(fact_lines({**MESH, "units": unit}))["Size"] for unit in ("um", "mm", "cm", "in", "ft")}
    assert shown == {
        "um": "0.0 × 0.0 × 0.0 mm",
        "mm": "1.0 × 2.0 × 3.0 mm",
        "cm": "10.0 × 20.0 × 30.0 mm",
        "in": "25.4 × 50.8 × 76.2 mm",
        "ft": "304.8 × 609.6 × 914.4 mm",
    }


def test_millimeters_have_a_volume_and_an_area_in_centimeters() -> None:
    lines = dict(fact_lines({**MESH, "units": "mm", "watertight": True, "volume": 6000.0, "area": 2200.0}))
    assert lines["Volume, area"] == "6.0 cm³, 22.0 cm²"


def test_what_the_file_has_beside_its_triangles_is_told() -> None:
    lines = dict(fact_lines({**MESH, "notes": ["beam_lattice", "supports", "texture_elsewhere"]}))
    assert lines["Not shown here"] == "the beams of a beam lattice; a texture that lies in another file"
    assert lines["Contains"] == "supports, shown as part of the model"
    assert "Contains" not in dict(fact_lines(MESH))


def test_walls_gaps_and_overhangs_are_told_and_why_one_is_not() -> None:
    lines = dict(
        fact_lines(
            {
                **MESH,
                "units": "m",
                "overhang": 0.125,
                "center_of_mass": [0.001, -1e-9, 12.0],
                "checks": {
                    "self_intersection": {"faces": 0},
                    "walls": {"rays": 9, "hits": 9, "percentiles": {"1": 0.00084, "5": 0.1, "25": 0.1, "50": 0.1}},
                    "gaps": {"why": "timeout"},
                },
            }
        )
    )
    assert lines["Thinnest wall"] == "0.84 mm"
    assert lines["Smallest gap"] == "The check took too long, so we stopped it."
    assert lines["Faces that cross"] == "none found"
    assert lines["Overhang"] == "12.5 % of the area"
    assert lines["Center of mass"] == "1.0, 0.0, 12,000.0 mm"


def test_main_colors_are_told_by_their_codes() -> None:
    facts = {"format": "png", "width": 4, "height": 4, "mode": "RGB", "palette": [{"color": "#ff8800", "share": 0.75}]}
    assert dict(fact_lines(facts))["Main colors"] == "#ff8800 (75.0 %)"


def test_what_the_creator_states_is_said_to_be_theirs() -> None:
    lines = dict(fact_lines({**MESH, "units": "in", "units_from": "creator", "up_axis": "y", "up_from": "creator"}))
    assert lines["Size"] == "25.4 × 50.8 × 76.2 mm"
    assert lines["Units"] == "Inches, stated by the creator"
    assert lines["Up axis"] == "Y, stated by the creator"
    assert dict(fact_lines({**MESH, "units": "in", "units_from": "file"}))["Units"] == "Inches, by the file"


def test_sizes_beyond_reason_raise_a_question() -> None:
    def asked(side: float, units: str, units_from: str) -> str:
        return frame_question({"bounds": {"extent": [side, 0.0, 0.0]}, "units": units, "units_from": units_from})

    assert asked(5, "unknown", "nobody").startswith("The file does not say how long a unit is.")
    assert asked(5, "mm", "creator") == asked(0.01, "mm", "creator") == asked(100, "m", "file") == ""
    assert asked(0.004, "mm", "creator") == (
        "With the unit that you stated, the longest side is 0.004 mm. Is that right?"
    )
    assert asked(101, "m", "file") == (
        "By its file, the longest side is 101.0 m. If that is wrong, export it in another unit."
    )
    assert frame_question({}) == frame_question({"width": 3}) == ""
