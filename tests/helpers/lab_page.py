"""JupyterLab as a person uses it: open a notebook, run it, type into a cell, read the output."""

NOTEBOOK = ".jp-NotebookPanel .jp-Notebook"
PANEL = "window.jupyterapp.shell.currentWidget"
QUIET = (
    f"{PANEL}?.sessionContext?.session?.kernel?.status === 'idle'"
    f" && {PANEL}.sessionContext.session.kernel.connectionStatus === 'connected'"
)


def open_lab(page, address, folder):
    """Load JupyterLab in a workspace of its own, for the copy of the course in a folder."""
    page.goto(f"{address}/lab/workspaces/{folder}?reset", wait_until="domcontentloaded")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.wait_for_function("window.jupyterapp?.commands.hasCommand('docmanager:open')")
    page.evaluate("window.jupyterapp.restored")
    page.evaluate("(folder) => { window.courseFolder = folder; }", folder)


def open_notebook(page, path):
    """Open a notebook of the course and wait for its kernel."""
    # In braces, so that nothing is returned: Playwright would copy the notebook's whole panel to Python.
    page.evaluate(
        """async (path) => {
          path = `${window.courseFolder}/${path}`;
          await window.jupyterapp.commands.execute("docmanager:open", { path });
        }""",
        path,
    )
    wait_for_notebook(page, path)
    page.wait_for_selector(f"{NOTEBOOK} .jp-Cell")
    page.wait_for_function(QUIET)


def wait_for_notebook(page, path):
    """Wait until a notebook of the course is in view."""
    page.wait_for_function(f"(path) => {PANEL}?.context?.path === `${{courseFolder}}/${{path}}`", arg=path)


def close_notebooks(page):
    """End the kernels of all open notebooks and close them without saving."""
    page.evaluate(
        """async () => {
          for (const panel of [...window.jupyterapp.shell.widgets("main")]) {
            await panel.sessionContext?.ready; // a session that is still starting would log that it is gone
            await panel.sessionContext?.shutdown();
            if (panel.context) panel.context.model.dirty = false;
            panel.close();
          }
        }"""
    )
    page.wait_for_selector(NOTEBOOK, state="detached")


def run_all(page):
    """Run every cell; return when the last one has finished."""
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def run_cells(page, indices):
    """Run some cells, in this order; return when the last one has finished."""
    page.evaluate(
        f"""async (indices) => {{
          for (const index of indices) {{
            {PANEL}.content.activeCellIndex = index;
            await window.jupyterapp.commands.execute("notebook:run-cell");
          }}
        }}""",
        indices,
    )
    page.wait_for_function(QUIET)


def errors(page):
    """The errors of the code cells, as text, except in cells tagged as raising an exception on purpose."""
    outputs = page.evaluate(
        f"""[...{PANEL}.content.widgets].map(({{ model }}) => model)
            .filter((model) => model.type === "code" && !model.getMetadata("tags")?.includes("raises-exception"))
            .flatMap((model) => model.outputs.toJSON())"""
    )
    return [
        f"{output['ename']}: {output['evalue']}" for output in outputs if output["output_type"] == "error"
    ]


def cell_index(page, text):
    """The index of the first cell whose source contains the text."""
    return page.evaluate(
        f"(text) => {PANEL}.content.widgets.findIndex((cell) => cell.model.sharedModel.getSource().includes(text))",
        text,
    )


def type_into(page, index, text):
    """Replace the source of a cell by typing, and run it with Shift+Enter."""
    page.evaluate(f"(index) => {{ {PANEL}.content.activeCellIndex = index; }}", index)
    page.evaluate(f"(index) => {PANEL}.content.scrollToItem(index, 'center')", index)
    editor = page.locator(f"{NOTEBOOK} .jp-Cell.jp-mod-active .cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text)
    runs = f"(index) => {PANEL}.content.widgets[index].model.executionCount"
    before = page.evaluate(runs, index)
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(f"([index, before]) => ({runs})(index) !== before", arg=[index, before])
    page.wait_for_function(QUIET)


def run_cell(page, index):
    """Run one cell and return its outputs as text."""
    page.evaluate(f"(index) => {{ {PANEL}.content.activeCellIndex = index; }}", index)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_function(QUIET)
    return text_of(page, index)


def scroll_to(page, index):
    """Make a cell active, scroll to it, and wait until it is drawn."""
    page.evaluate(f"(index) => {{ {PANEL}.content.activeCellIndex = index; }}", index)
    page.evaluate(f"(index) => {PANEL}.content.scrollToItem(index, 'start')", index)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def text_of(page, index):
    shown = page.evaluate(f"(index) => {PANEL}.content.widgets[index].model.outputs?.toJSON() ?? []", index)
    return "\n".join(
        str(output.get("text") or output.get("data") or output.get("evalue")) for output in shown
    )
