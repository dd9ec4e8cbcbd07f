import { describe, expect, test } from "vitest";
import { chooseLocale } from "../locale";
import { fill, t, tMaybe } from ".";

describe("texts", () => {
  test("parameters are put into their places, numbers in the viewer's way", () => {
    expect(fill("{who} waits {seconds} s", { who: "Ana", seconds: 1200 })).toBe("Ana waits 1,200 s");
  });

  test("the count chooses the plural form", () => {
    expect(t("table.rows", { count: 1 })).toBe("1 row");
    expect(t("table.rows", { count: 0 })).toBe("0 rows");
  });

  test("a parameter that is not given stays visible instead of vanishing", () => {
    expect(fill("Hello {name}", {})).toBe("Hello {name}");
  });

  test("a key known only at run time may be missing", () => {
    expect(tMaybe("presence.reason.lunch")).toBe("Lunch");
    expect(tMaybe("presence.reason.siesta")).toBeUndefined();
  });

  test("the viewer's region is kept in the catalogue's language", () => {
    expect(chooseLocale(["de-DE", "en-US"])).toBe("en-US");
    expect(chooseLocale(["de-DE"])).toBe("en-DE");
    expect(chooseLocale(["pt"])).toBe("en-BR");
    expect(chooseLocale([])).toBe("en-GB");
  });
});
