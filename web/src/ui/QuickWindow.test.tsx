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

  test("tells of a conflict, keeps what was typed, and saves it knowingly over the newer version", async () => {
    const changed = new Problem({
      type: "",
      title: "Changed meanwhile",
      status: 409,
      detail: "Somebody else changed the name of this person meanwhile.",
      code: "changed_meanwhile",
      fields: { name: "It is now “Anna”." },
      params: { version: "5" },
    });
    const versions: number[] = [];
    const onClose = vi.fn();
    const Conflict = ({ version }: { version: number }) => (
      <QuickWindow
        opened
        onClose={onClose}
        title="Ana"
        draftKey="person.ana"
        initial={{ name: "" }}
        version={version}
        onSubmit={(_, over) => {
          versions.push(over);
          if (over !== 5) throw changed;
        }}
      >
        {(form) => <TextInput label="Name" {...form.field("name")} />}
      </QuickWindow>
    );
    const first = await renderAt(<Conflict version={4} />);
    await userEvent.type(screen.getByLabelText("Name"), "Ana Lima");
    await save();
    expect(await screen.findByText(/Somebody else changed the name/)).toBeDefined();
    first.unmount();
    // Opened again over what they saved, the draft still knows that it was typed over something older.
    await renderAt(<Conflict version={5} />);
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Ana Lima");
    await save();
    expect(await screen.findByText("What you typed is still here. Saving again replaces what they changed.")).toBeDefined();
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Ana Lima");
    await save();
    await vi.waitFor(() => expect(onClose).toHaveBeenCalledOnce());
    expect(versions).toEqual([4, 4, 5]);
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
