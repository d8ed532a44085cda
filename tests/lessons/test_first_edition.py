"""The page for those who have taught the first edition names the tasks, points and sections of today."""

import re

import nbformat
import pytest

from mlcourse.cli import ROOT
from mlcourse.course_folder import Course
from mlcourse.tasks import CATALOGUE

PAGE = (ROOT / "docs" / "first_edition.md").read_text("utf-8")
# The exercises of the first edition, under the present names of their tasks.
FIRST = {
    "01": "read_distances lloyd_step greedy_seed matched_share silhouettes silhouette_diagram iris_k repaint",
    "02": "whose_point inertia_of_labels join_labels mixture_sample unavoidable_share equal_points fixed_file"
    " where_it_fails",
    "03": "gaussian_pdf fit_gaussian which_ellipse covariance_from_axes share_inside log_density fix_sampler"
    " mixture_log_density",
    "04": "responsibilities_1d log_sum_exp e_step m_step fix_em fit_em falling_likelihood largest_weight",
    "05": "kl_gap fix_elbo mean_gradient hardening_round stuck_start average_runs map_covariances best_strength",
    "06": "count_by_hand constrain_scatter bic_from_counts fix_tied straight_borders linear_discriminant"
    " carry_over thrifty_type",
    "07": "rise_needed criteria held_out_scores fix_report closest_pair class_probabilities what_bic_counts"
    " reported_accuracy",
    "08": "alarm_threshold detector_predict alarm_rates share_of_real_alarms optimistic_histogram fix_evaluation"
    " second_opinion who_decides",
    "09": "pca_by_svd axes_to_keep fix_whitening most_components in_plain_units strength_for_digits grey_digits"
    " copied_share",
    "10": "stratified_part fix_leak honest_choice draw_by_class shape_only legible_share compression referee",
    "11": "condition_gaussian conditional_weights fill_row known_log_density merge_statistics ppca_count"
    " clamped_responsibilities stepwise_update",
    "12": "standardise_by_train choose_on_validation fix_agreement my_choice defend_my_choice alarm_report"
    " read_anomalies_and_samples one_page",
}
NOW = {task.name: name[:2] for name, lesson in CATALOGUE.lessons.items() for task in lesson.roster}
OLD = {task for tasks in FIRST.values() for task in tasks.split()}


def part(word):
    """The text from a word in bold type to the next one, or to the next heading."""
    return re.search(rf"\*\*{word}\.\*\*(.*?)(?=\n\*\*|\n## )", PAGE, re.DOTALL)[1]


def test_renamed_tasks_are_in_the_lessons_named():
    renamed = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\d\d) \|$", part("Renamed"), re.MULTILINE)
    assert {new for _, new, _ in renamed} == {task for task in OLD if task.startswith("fix")}
    assert [NOW[new] for _, new, _ in renamed] == [lesson for *_, lesson in renamed]


def test_every_task_is_old_or_listed_as_new():
    rows = re.findall(r"^\| (\d\d) \| (.*) \|$", part("New"), re.MULTILINE)
    new = {task: lesson for lesson, tasks in rows for task in re.findall(r"`(\w+)`", tasks)}
    assert new == {name: lesson for name, lesson in NOW.items() if name not in OLD}


def test_every_old_task_is_there_or_listed_as_gone():
    gone = re.search(r"\*\*Gone\.\*\*(.*?)\n\n", PAGE, re.DOTALL)
    assert OLD - set(NOW) == set(re.findall(r"`(\w+)`", gone[1] if gone else ""))


@pytest.mark.parametrize(
    ("old", "lessons"), [("05", ("05", "06")), ("07", ("08", "09"))], ids=lambda value: "-".join(value)
)
def test_the_points_of_a_divided_exercise(old, lessons):
    points = {
        name[:2]: sum(task.points for task in lesson.roster) for name, lesson in CATALOGUE.lessons.items()
    }
    was = sum(CATALOGUE.tasks[task].points for task in FIRST[old].split())
    text = " ".join(PAGE.split())
    assert re.search(rf"{was} (?:points )?of the old {old} are", text)
    assert " and ".join(f"{points[lesson]} in {lesson}" for lesson in lessons) in text
    assert f"has grown from 245 to {sum(points.values())}." in text


def test_new_sections_exist():
    for number, new, _ in re.findall(r"^\| (\d\d) \| (.*?\*.*?) \| (.*?) ?\|$", PAGE, re.MULTILINE):
        (name,) = [name for name in CATALOGUE.lessons if name.startswith(number)]
        cells = nbformat.read(Course().notebook("notebooks", name), as_version=4).cells
        text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert set(re.findall(r"\*(.+?)\*", new)) <= set(re.findall(r"^##+ (.*?)\s*$", text, re.MULTILINE))
