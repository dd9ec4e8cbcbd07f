import { TextInput } from "@mantine/core";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { Problem } from "@/api";
import { renderAt } from "@/test/render";
import { QuickWindow } from "./QuickWindow";

const noTeam = new Problem({
  type: "",
  title: "Can't be accepted",
  status: 422,
  detail: "Some fields can't be accepted.",
  code: "invalid",
  fields: { team: "Choose a team that you manage." },
});

function PersonWindow({ onSubmit, onClose = () => undefined }: { onSubmit: (values: { name: string; team: string }) => unknown; onClose?: () => void }) {
  return (
    <QuickWindow
      opened
      onClose={onClose}
      title="New person"
      draftKey="person.new"
      initial={{ name: "", team: "" }}
      validate={({ name }) => ({ name: name === "" ? "Enter a name." : undefined })}
      onSubmit={onSubmit}
    >
      {(form) => (
        <>
          <TextInput label="Name" {...form.field("name")} />
          <TextInput label="Team" {...form.field("team")} />
        </>
      )}
    </QuickWindow>
  );
}

const save = () => userEvent.click(screen.getByRole("button", { name: "Save" }));

describe("a quick window", () => {
  test("keeps what was typed through a reload, says so, and can discard it", async () => {
    const before = await renderAt(<PersonWindow onSubmit={() => undefined} />);
    await userEvent.type(screen.getByLabelText("Name"), "Ana");
    before.unmount();
    await renderAt(<PersonWindow onSubmit={() => undefined} />);
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Ana");
    await userEvent.click(screen.getByRole("button", { name: "Discard draft" }));
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("");
  });

  test("puts what the server did not accept beside its field, goes there, and keeps the rest", async () => {
    const onClose = vi.fn();
    await renderAt(<PersonWindow onClose={onClose} onSubmit={() => Promise.reject(noTeam)} />);
    await userEvent.type(screen.getByLabelText("Name"), "Ana");
    await save();
    const team = await screen.findByRole("textbox", { name: "Team", description: "Choose a team that you manage." });
    await vi.waitFor(() => expect(document.activeElement).toBe(team));
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Ana");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(onClose).not.toHaveBeenCalled();
  });

  test("does not ask the server about what it can judge itself", async () => {
    const onSubmit = vi.fn();
    await renderAt(<PersonWindow onSubmit={onSubmit} />);
    await save();
    expect(screen.getByText("Enter a name.")).toBeDefined();
    expect(onSubmit).not.toHaveBeenCalled();
  });

  test("once saved closes and starts empty the next time", async () => {
    const onClose = vi.fn();
    const first = await renderAt(<PersonWindow onClose={onClose} onSubmit={() => Promise.resolve()} />);
    await userEvent.type(screen.getByLabelText("Name"), "Ana");
    await save();
    await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    first.unmount();
    await renderAt(<PersonWindow onSubmit={() => undefined} />);
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("");
  });
});
