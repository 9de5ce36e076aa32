// The keymap that a seat starts with: a PC keyboard with the layout of the United States.
import { EVDEV_OFFSET, Keymap } from './keymap.ts';

/** Of each key its evdev code, its name in XKB, and its symbols without and with Shift. */
const KEYS = `
1 ESC Escape, 2 AE01 1 exclam, 3 AE02 2 at, 4 AE03 3 numbersign, 5 AE04 4 dollar, 6 AE05 5 percent,
7 AE06 6 asciicircum, 8 AE07 7 ampersand, 9 AE08 8 asterisk, 10 AE09 9 parenleft, 11 AE10 0 parenright,
12 AE11 minus underscore, 13 AE12 equal plus, 14 BKSP BackSpace, 15 TAB Tab ISO_Left_Tab, 16 AD01 q Q,
17 AD02 w W, 18 AD03 e E, 19 AD04 r R, 20 AD05 t T, 21 AD06 y Y, 22 AD07 u U, 23 AD08 i I, 24 AD09 o O,
25 AD10 p P, 26 AD11 bracketleft braceleft, 27 AD12 bracketright braceright, 28 RTRN Return,
29 LCTL Control_L, 30 AC01 a A, 31 AC02 s S, 32 AC03 d D, 33 AC04 f F, 34 AC05 g G, 35 AC06 h H, 36 AC07 j J,
37 AC08 k K, 38 AC09 l L, 39 AC10 semicolon colon, 40 AC11 apostrophe quotedbl, 41 TLDE grave asciitilde,
42 LFSH Shift_L, 43 BKSL backslash bar, 44 AB01 z Z, 45 AB02 x X, 46 AB03 c C, 47 AB04 v V, 48 AB05 b B,
49 AB06 n N, 50 AB07 m M, 51 AB08 comma less, 52 AB09 period greater, 53 AB10 slash question,
54 RTSH Shift_R, 55 KPMU KP_Multiply, 56 LALT Alt_L Meta_L, 57 SPCE space, 58 CAPS Caps_Lock, 59 FK01 F1,
60 FK02 F2, 61 FK03 F3, 62 FK04 F4, 63 FK05 F5, 64 FK06 F6, 65 FK07 F7, 66 FK08 F8, 67 FK09 F9, 68 FK10 F10,
69 NMLK Num_Lock, 70 SCLK Scroll_Lock, 71 KP7 KP_Home KP_7, 72 KP8 KP_Up KP_8, 73 KP9 KP_Prior KP_9,
74 KPSU KP_Subtract, 75 KP4 KP_Left KP_4, 76 KP5 KP_Begin KP_5, 77 KP6 KP_Right KP_6, 78 KPAD KP_Add,
79 KP1 KP_End KP_1, 80 KP2 KP_Down KP_2, 81 KP3 KP_Next KP_3, 82 KP0 KP_Insert KP_0,
83 KPDL KP_Delete KP_Decimal, 84 LVL3 ISO_Level3_Shift, 86 LSGT less greater, 87 FK11 F11, 88 FK12 F12,
90 KATA Katakana, 91 HIRA Hiragana, 92 HENK Henkan_Mode, 93 HKTG Hiragana_Katakana, 94 MUHE Muhenkan,
96 KPEN KP_Enter, 97 RCTL Control_R, 98 KPDV KP_Divide, 99 PRSC Print, 100 RALT Alt_R Meta_R,
101 LNFD Linefeed, 102 HOME Home, 103 UP Up, 104 PGUP Prior, 105 LEFT Left, 106 RGHT Right, 107 END End,
108 DOWN Down, 109 PGDN Next, 110 INS Insert, 111 DELE Delete, 113 MUTE XF86AudioMute,
114 VOL- XF86AudioLowerVolume, 115 VOL+ XF86AudioRaiseVolume, 116 POWR XF86PowerOff, 117 KPEQ KP_Equal,
118 I126 plusminus, 119 PAUS Pause, 120 I128 XF86LaunchA, 121 I129 KP_Decimal, 122 HNGL Hangul,
123 HJCV Hangul_Hanja, 125 LWIN Super_L, 126 RWIN Super_R, 127 COMP Menu, 128 STOP Cancel, 129 AGAI Redo,
130 PROP SunProps, 131 UNDO Undo, 132 FRNT SunFront, 133 COPY XF86Copy, 134 OPEN XF86Open,
135 PAST XF86Paste, 136 FIND Find, 137 CUT XF86Cut, 138 HELP Help, 139 I147 XF86MenuKB,
140 I148 XF86Calculator, 142 I150 XF86Sleep, 143 I151 XF86WakeUp, 144 I152 XF86Explorer, 145 I153 XF86Send,
147 I155 XF86Xfer, 148 I156 XF86Launch1, 149 I157 XF86Launch2, 150 I158 XF86WWW, 151 I159 XF86DOS,
152 I160 XF86ScreenSaver, 153 I161 XF86RotateWindows, 154 I162 XF86TaskPane, 155 I163 XF86Mail,
156 I164 XF86Favorites, 157 I165 XF86MyComputer, 158 I166 XF86Back, 159 I167 XF86Forward, 161 I169 XF86Eject,
162 I170 XF86Eject, 163 I171 XF86AudioNext, 164 I172 XF86AudioPlay XF86AudioPause, 165 I173 XF86AudioPrev,
166 I174 XF86AudioStop XF86Eject, 167 I175 XF86AudioRecord, 168 I176 XF86AudioRewind, 169 I177 XF86Phone,
171 I179 XF86Tools, 172 I180 XF86HomePage, 173 I181 XF86Reload, 174 I182 XF86Close, 177 I185 XF86ScrollUp,
178 I186 XF86ScrollDown, 179 I187 parenleft, 180 I188 parenright, 181 I189 XF86New, 182 I190 Redo,
183 FK13 XF86Tools, 184 FK14 XF86Launch5, 185 FK15 XF86Launch6, 186 FK16 XF86Launch7, 187 FK17 XF86Launch8,
188 FK18 XF86Launch9, 190 FK20 XF86AudioMicMute, 191 FK21 XF86TouchpadToggle, 192 FK22 XF86TouchpadOn,
193 FK23 XF86TouchpadOff, 200 I208 XF86AudioPlay, 201 I209 XF86AudioPause, 202 I210 XF86Launch3,
203 I211 XF86Launch4, 204 I212 XF86LaunchB, 205 I213 XF86Suspend, 206 I214 XF86Close, 207 I215 XF86AudioPlay,
208 I216 XF86AudioForward, 210 I218 Print, 212 I220 XF86WebCam, 213 I221 XF86AudioPreset, 215 I223 XF86Mail,
216 I224 XF86Messenger, 217 I225 XF86Search, 218 I226 XF86Go, 219 I227 XF86Finance, 220 I228 XF86Game,
221 I229 XF86Shop, 223 I231 Cancel, 224 I232 XF86MonBrightnessDown, 225 I233 XF86MonBrightnessUp,
226 I234 XF86AudioMedia, 227 I235 XF86Display, 228 I236 XF86KbdLightOnOff, 229 I237 XF86KbdBrightnessDown,
230 I238 XF86KbdBrightnessUp, 231 I239 XF86Send, 232 I240 XF86Reply, 233 I241 XF86MailForward,
234 I242 XF86Save, 235 I243 XF86Documents, 236 I244 XF86Battery, 237 I245 XF86Bluetooth, 238 I246 XF86WLAN,
239 I247 XF86UWB, 241 I249 XF86Next_VMode, 242 I250 XF86Prev_VMode, 243 I251 XF86MonBrightnessCycle,
244 I252 XF86BrightnessAuto, 245 I253 XF86DisplayOff, 246 I254 XF86WWAN, 247 I255 XF86RFKill
`;

interface Key {
  readonly code: number;
  readonly name: string;
  readonly symbols: readonly string[];
}

/** Key types: which modifiers choose among the symbols of a key. libxkbcommon picks one by the symbols. */
const TYPES = `
xkb_types "fencepost" {
  virtual_modifiers NumLock, Alt, Meta, Super, Hyper, LevelThree;
  type "ONE_LEVEL" { modifiers = none; level_name[1] = "Any"; };
  type "TWO_LEVEL" { modifiers = Shift; map[Shift] = 2; level_name[1] = "Base"; level_name[2] = "Shift"; };
  type "ALPHABETIC" {
    modifiers = Shift+Lock; map[Shift] = 2; map[Lock] = 2; level_name[1] = "Base"; level_name[2] = "Caps";
  };
  type "KEYPAD" {
    modifiers = Shift+NumLock; map[Shift] = 2; map[NumLock] = 2; level_name[1] = "Base"; level_name[2] = "Number";
  };
};`;

/** What the symbols of modifier keys do. */
const COMPATIBILITY = `
xkb_compatibility "fencepost" {
  virtual_modifiers NumLock, Alt, Meta, Super, Hyper, LevelThree;
  interpret.useModMapMods = AnyLevel;
  interpret.repeat = False;
  interpret Caps_Lock+AnyOfOrNone(all) { action = LockMods(modifiers = Lock); };
  interpret Num_Lock+AnyOf(all) { virtualModifier = NumLock; action = LockMods(modifiers = NumLock); };
  interpret Alt_L+AnyOf(all) { virtualModifier = Alt; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret Alt_R+AnyOf(all) { virtualModifier = Alt; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret Meta_L+AnyOf(all) { virtualModifier = Meta; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret Meta_R+AnyOf(all) { virtualModifier = Meta; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret Super_L+AnyOf(all) { virtualModifier = Super; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret Super_R+AnyOf(all) { virtualModifier = Super; action = SetMods(modifiers = modMapMods, clearLocks); };
  interpret ISO_Level3_Shift+AnyOf(all) {
    virtualModifier = LevelThree; useModMapMods = level1; action = SetMods(modifiers = LevelThree, clearLocks);
  };
  interpret Any+AnyOf(all) { action = SetMods(modifiers = modMapMods, clearLocks); };
};`;

const MODIFIERS = `
  modifier_map Shift { <LFSH>, <RTSH> };
  modifier_map Lock { <CAPS> };
  modifier_map Control { <LCTL>, <RCTL> };
  modifier_map Mod1 { <LALT>, <RALT> };
  modifier_map Mod2 { <NMLK> };
  modifier_map Mod4 { <LWIN>, <RWIN> };
  modifier_map Mod5 { <LVL3> };`;

const keys = (): Key[] =>
  KEYS.trim()
    .split(/,\s*/)
    .map(entry => {
      const [code, name, ...symbols] = entry.split(' ');
      return { code: Number(code), name: name!, symbols };
    });

/** The keymap of a seat unless it is given another. */
export function usKeymap(): Keymap {
  const list = keys();
  const names = list.map(({ name, code }) => `  <${name}> = ${code + EVDEV_OFFSET};`);
  const symbols = list.map(key => `  key <${key.name}> { [ ${key.symbols.join(', ')} ] };`);
  return new Keymap(`xkb_keymap {
xkb_keycodes "fencepost" {
  minimum = 8;
  maximum = 255;
${names.join('\n')}
  indicator 1 = "Caps Lock";
  indicator 2 = "Num Lock";
};${TYPES}${COMPATIBILITY}
xkb_symbols "fencepost" {
  name[1] = "English (US)";
${symbols.join('\n')}${MODIFIERS}
};
};
`);
}
