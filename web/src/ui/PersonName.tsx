import { t } from "@/lib/texts";
import classes from "./PersonName.module.css";

/** The first letters of the first and the last word. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => [...(word ?? "")][0] ?? "").join("").toLocaleUpperCase();
}

/** A person's initials in a circle; decoration, the name stands beside it. */
export function Initials({ name, size = 24 }: { name: string; size?: number }) {
  return (
    <span className={classes.initials} style={{ width: size, height: size, fontSize: size * 0.4 }} aria-hidden="true">
      {initialsOf(name)}
    </span>
  );
}

/** A person's name; `withInitials` where people are looked for, `detail` as a second line (team, what they are doing). */
export function PersonName({
  name,
  detail,
  isYou = false,
  withInitials = false,
}: {
  name: string;
  detail?: React.ReactNode;
  isYou?: boolean;
  withInitials?: boolean;
}) {
  return (
    <span className={classes.person}>
      {withInitials && <Initials name={name} />}
      <span className={classes.words}>
        <span className={classes.name}>
          {name}
          {isYou && <span className={classes.you}> ({t("person.you")})</span>}
        </span>
        {detail !== undefined && <span className={classes.detail}>{detail}</span>}
      </span>
    </span>
  );
}
