import {
  ActionIcon,
  Button,
  createTheme,
  Input,
  Kbd,
  Menu,
  Modal,
  PasswordInput,
  Popover,
  Select,
  SegmentedControl,
  Textarea,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { accent, dark, gray } from "./tokens";

const SYSTEM_FONTS =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif, "Apple Color Emoji", "Segoe UI Emoji"';

/** The look: quiet and dense, for a board that is watched all day. */
export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: { light: 6, dark: 6 },
  colors: { accent, gray, dark },
  black: gray[9],
  fontFamily: SYSTEM_FONTS,
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.1875rem" },
  lineHeights: { xs: "1.35", sm: "1.4", md: "1.45", lg: "1.5", xl: "1.4" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.25rem", lineHeight: "1.3" },
      h2: { fontSize: "1rem", lineHeight: "1.4" },
      h3: { fontSize: "0.875rem", lineHeight: "1.45" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  spacing: { xs: "0.5rem", sm: "0.75rem", md: "1rem", lg: "1.5rem", xl: "2rem" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" }, styles: { label: { fontWeight: 550 } } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: "subtle", color: "gray", size: "md" } }),
    InputWrapper: Input.Wrapper.extend({ styles: { label: { marginBottom: "0.25rem" } } }),
    TextInput: TextInput.extend({ defaultProps: { size: "sm" } }),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    Textarea: Textarea.extend({ defaultProps: { size: "sm", autosize: true, minRows: 3 } }),
    Select: Select.extend({ defaultProps: { size: "sm", comboboxProps: { shadow: "md" } } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: "sm" } }),
    Menu: Menu.extend({ defaultProps: { shadow: "md", position: "bottom-end", withInitialFocusPlaceholder: false, transitionProps: { duration: 90 } } }),
    Popover: Popover.extend({ defaultProps: { shadow: "md", transitionProps: { duration: 90 } } }),
    Modal: Modal.extend({ defaultProps: { centered: true, transitionProps: { duration: 110 }, overlayProps: { backgroundOpacity: 0.4 } } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 350, withinPortal: true, multiline: true, maw: 320, events: { hover: true, focus: true, touch: true } },
    }),
    Kbd: Kbd.extend({ defaultProps: { size: "xs" } }),
  },
});
