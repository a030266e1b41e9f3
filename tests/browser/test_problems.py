"""The list of problems of a declared pipeline: what a click on one selects, and where it says it stands."""

from __future__ import annotations

TEXT = """\
%%pipeline demo
parameters:
  rows: {type: Whole}
steps:
  prepare:
    type: Processing
    code: s3://my-bucket/prepare.py
    instnace: ml.m5.large
  fit:
    type: Training
    image: nothing-like-it
    inputs: {train: $steps.prepare.outputs.train}
  lost: hello
"""
ITEMS = ".smpw-problems > li"


def test_a_click_on_a_problem_selects_the_step_and_others_say_their_line(notebook):
    page = notebook.page
    notebook.open(["%load_ext sm_pipeline_widgets", TEXT])
    notebook.run(0)
    notebook.run(1)
    page.wait_for_selector(ITEMS)
    notebook.screenshot("problems")
    of_none = page.locator(ITEMS).filter(has_text="is not a type of parameter")
    assert "line 3" in of_none.inner_text()
    assert of_none.locator("button").count() == 0
    of_none.click()
    assert not [node for node in notebook.cytoscape()["nodes"] if node["selected"]]
    wrong_image = page.locator(ITEMS).filter(has_text="nothing-like-it")
    assert "line 11" in wrong_image.inner_text()
    wrong_image.get_by_role("button", name="fit").click()
    page.wait_for_function(
        """() => document.querySelector('.smpw-canvas')._cyreg.cy.nodes(':selected').map(n => n.data('name')).join() === 'fit'"""
    )
    badged = {node["name"]: [text for _, text in node["badges"]] for node in notebook.cytoscape()["nodes"]}
    assert any("instnace" in text for text in badged["prepare"])
    assert notebook.errors == []


def test_a_problem_of_a_step_that_is_not_drawn_selects_nothing_and_says_its_line(notebook):
    page = notebook.page
    notebook.open(["%load_ext sm_pipeline_widgets", TEXT])
    notebook.run(0)
    notebook.run(1)
    lost = page.locator(ITEMS).filter(has_text="a step is written as keys and values")
    assert "line 13" in lost.inner_text()
    for link in lost.get_by_role("button").all():
        link.click()
    page.locator(ITEMS).filter(has_text="nothing-like-it").wait_for()
    assert not [node for node in notebook.cytoscape()["nodes"] if node["selected"]]
    assert notebook.errors == []
