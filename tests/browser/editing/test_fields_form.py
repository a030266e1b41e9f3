"""The tab "Fields" while a pipeline is edited: what a person types into it stands in the cell a moment later."""

from __future__ import annotations

import pytest

from tests.browser.fields_driver import Form


@pytest.fixture
def form(request, notebook):
    return Form(notebook).begin(server=request.getfixturevalue(getattr(request, "param", "lab")))


def test_a_step_is_edited_field_by_field(form):
    page = form.page
    form.open_step("train")
    assert form.input("image").get_attribute("placeholder") == "sklearn"

    # one field is one step of undoing, and what is wrong with it stands beside it
    form.write("instance", "ml.m5.huge")
    form.wait_source("    instance: ml.m5.huge\n")
    problem = form.field("instance").locator(".smpw-field-problem")
    problem.wait_for()
    assert "not one of the values" in problem.inner_text()
    assert form.input("instance").get_attribute("aria-invalid") == "true"
    assert form.focused == "instance"
    form.notebook.screenshot("fields-problem", ".smpw-execution")
    page.keyboard.press("Control+z")
    form.wait_source("ml.m5.huge", absent=True)
    page.wait_for_function("document.activeElement.value === ''")

    # Escape takes back what was typed and not yet written
    form.input("instance").fill("ml.c5")
    page.keyboard.press("Escape")
    assert form.input("instance").input_value() == ""

    # a parameter through the list of what fits
    assert "$parameters.image" in form.offers("image", "$par")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    form.wait_source("    image: $parameters.image\n")

    # what is emptied goes back to its default, and the focus goes on to the next field
    form.write("image", "", "Tab")
    form.wait_source("image: $parameters.image", absent=True)
    assert form.focused == "instance"

    # a map takes another entry
    adder = page.locator('.smpw-members[aria-label="hyperparameters"] .smpw-adder')
    adder.locator("input").nth(0).fill("depth")
    adder.locator("input").nth(1).fill("5")
    adder.locator("input").nth(1).press("Enter")
    form.wait_source("hyperparameters: {alpha: $parameters.alpha, depth: 5}")

    # the name is a field like others, and whoever refers to it follows
    page.locator(".smpw-step-name input").fill("fit")
    page.keyboard.press("Enter")
    form.wait_source("model: $steps.fit.model")
    page.wait_for_selector('.smpw-panel-head strong[title="fit"]')
    assert form.focused == "Name of the step"
    assert "  # kept\n" in form.source
    assert form.notebook.errors == []


def test_what_fits_is_offered_and_the_rest_of_the_api_is_there_when_it_is_wanted(form):
    page = form.page
    form.open_step("train")
    offered = form.offers("train")
    assert "$steps.prepare.outputs.test" in offered
    assert not [option for option in offered if "steps.evaluate" in option]
    form.notebook.screenshot("fields-picker")
    page.locator(".smpw-picker-item", has_text="$steps.prepare.outputs.test").click()
    form.wait_source("inputs: {train: $steps.prepare.outputs.test}")

    page.locator("summary", has_text="Everything else the API takes").click()
    group = page.locator('.smpw-members[aria-label="CheckpointConfig"]')
    group.locator(".smpw-members-toggle").first.click()
    uri = group.locator('.smpw-row:has(bdi:text-is("S3Uri")) input')
    uri.fill("s3://bucket/checkpoints")
    uri.press("Enter")
    form.wait_source("S3Uri: s3://bucket/checkpoints")
    assert "S3" in page.locator(".smpw-fields-help").inner_text()
    form.notebook.screenshot("fields-api", ".smpw-execution")


@pytest.mark.parametrize("form", ["notebook7"], indirect=True)
def test_a_field_of_several_steps_is_edited_at_once(form):
    form.tab("Steps")
    form.row("prepare").locator("bdi").click()
    form.tab("Steps")
    form.row("evaluate").locator("bdi").click(modifiers=["Control"])
    form.tab("Fields")
    form.page.wait_for_selector(".smpw-panel-head strong:has-text('2 steps')")
    form.page.wait_for_selector(".smpw-fields p:has-text('in all 2 steps')")
    assert form.input("code").get_attribute("placeholder") == "several values"
    form.write("instance", "ml.c5.xlarge")
    form.wait_source("instance: ml.c5.xlarge")
    assert form.source.count("instance: ml.c5.xlarge") == 2
    form.page.keyboard.press("Control+z")
    form.wait_source("ml.c5.xlarge", absent=True)


def test_parameters_and_settings_stand_where_nothing_is_selected(form):
    page = form.page
    form.write("description", "Another one")
    form.wait_source("description: Another one  # kept")
    adder = page.locator(".smpw-section:has(.smpw-parameters) > .smpw-adder")
    adder.locator("input").nth(0).fill("rounds")
    adder.locator("input").nth(1).fill("3")
    adder.locator("input").nth(1).press("Enter")
    form.wait_source("  rounds: 3\n")
    card = page.locator('.smpw-parameter[aria-label="Parameter alpha"]')
    card.locator(".smpw-parameter-name").fill("rate")
    page.keyboard.press("Enter")
    form.wait_source("hyperparameters: {alpha: $parameters.rate}")
    rate = page.locator('.smpw-parameter[aria-label="Parameter rate"]')
    rate.locator('.smpw-row:has(bdi:text-is("default")) input').fill("0.3")
    page.keyboard.press("Enter")
    form.wait_source("  rate: 0.3")

    # what refers to a parameter is said before it goes
    rate.locator("button", has_text="Delete").first.click()
    asks = rate.locator(".smpw-parameter-asks")
    asks.wait_for()
    assert "train · hyperparameters.alpha" in asks.inner_text()
    form.notebook.screenshot("fields-parameters", ".smpw-execution")
    asks.locator("button", has_text="Delete all").click()
    form.wait_source("rate: 0.3", absent=True)
    assert "alpha" not in form.source
    assert form.notebook.errors == []
