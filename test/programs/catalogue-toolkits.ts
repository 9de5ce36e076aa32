// Programs of the toolkits, and terminals and browsers.
import {
  at,
  fillsTheScreen,
  menuOpens,
  shellListens,
  tooltipShows,
  typingShows,
  wheelScrolls,
} from './acts.ts';
import { asset } from './paths.ts';
import { colourAt } from './picture.ts';
import type { Program } from './program.ts';
import type { Stage } from './stage.ts';

const QT = '/usr/lib/x86_64-linux-gnu/qt5/examples/widgets/widgets';
const qml = asset('motion.qml');
const page = asset('motion.html');

export const toolkitPrograms: readonly Program[] = [
  {
    name: 'foot',
    package: 'foot',
    command: ['foot'],
    motion: 'still',
    end: 'signal',
    colours: 2,
    act: shellListens,
    statuses: [230],
  },
  {
    name: 'gtk3-widget-factory',
    package: 'gtk-3-examples',
    command: ['gtk3-widget-factory'],
    motion: 'display',
    colours: 50,
    end: 'close',
    act: menuOpens(0.46, 0.326),
  },
  {
    name: 'gtk4-widget-factory',
    package: 'gtk-4-examples',
    command: ['gtk4-widget-factory'],
    environment: { GSK_RENDERER: 'cairo' },
    motion: 'display',
    colours: 50,
    end: 'close',
    act: menuOpens(0.46, 0.325),
  },
  {
    name: 'gtk4-widget-factory-gl',
    package: 'gtk-4-examples',
    command: ['gtk4-widget-factory'],
    environment: { GSK_RENDERER: 'gl' },
    motion: 'display',
    colours: 50,
    end: 'close',
  },
  {
    name: 'qt5-wiggly',
    package: 'qtbase5-examples',
    command: [`${QT}/wiggly/wiggly`],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'own',
    colours: 10,
    end: 'close',
  },
  {
    name: 'qt5-analogclock',
    package: 'qtbase5-examples',
    command: [`${QT}/analogclock/analogclock`],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'still',
    colours: 5,
    end: 'close',
  },
  {
    name: 'qt6-qml',
    package: 'qml-qt6',
    command: ['/usr/lib/qt6/bin/qml', qml],
    environment: { QT_QPA_PLATFORM: 'wayland', QT_QUICK_BACKEND: 'software' },
    motion: 'display',
    colours: 3,
    end: 'close',
  },
  {
    name: 'qt6-qml-gl',
    package: 'qml-qt6',
    command: ['/usr/lib/qt6/bin/qml', qml],
    environment: { QT_QPA_PLATFORM: 'wayland', QSG_RHI_BACKEND: 'opengl' },
    motion: 'display',
    colours: 3,
    end: 'close',
  },
  {
    name: 'qt6-qml-vulkan',
    package: 'qml-qt6',
    command: ['/usr/lib/qt6/bin/qml', qml],
    // Qt looks for the name that developers' packages have.
    environment: {
      QT_QPA_PLATFORM: 'wayland',
      QSG_RHI_BACKEND: 'vulkan',
      QT_VULKAN_LIB: 'libvulkan.so.1',
    },
    motion: 'display',
    colours: 3,
    // When its window is closed, its render thread may commit once more to the surface that Qt has destroyed.
    end: 'signal',
  },
  {
    name: 'qt5-openglwindow',
    package: 'qtbase5-examples',
    command: ['/usr/lib/x86_64-linux-gnu/qt5/examples/gui/openglwindow/openglwindow'],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'display',
    colours: 50,
    end: 'close',
  },
  {
    name: 'qt5-nested',
    package: 'qtwayland5-examples',
    command: ['/usr/lib/x86_64-linux-gnu/qt5/examples/wayland/minimal-qml/minimal-qml'],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'still',
    colours: 1,
    end: 'close',
    needs: ['weston-simple-shm'],
    act: insideOfQt,
  },
  {
    name: 'kate',
    package: 'kate',
    command: ['kate'],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'still',
    colours: 20,
    end: 'close',
    act: tooltipShows(0.02, 0.048),
  },
  {
    name: 'gtk3-demo',
    package: 'gtk-3-examples',
    command: ['gtk3-demo'],
    motion: 'still',
    colours: 20,
    end: 'close',
    act: wheelScrolls(0.08, 0.5),
  },
  {
    name: 'gtk4-demo',
    package: 'gtk-4-examples',
    command: ['gtk4-demo'],
    environment: { GSK_RENDERER: 'cairo' },
    motion: 'still',
    colours: 20,
    end: 'close',
    act: wheelScrolls(0.08, 0.5),
  },
  {
    name: 'gnome-calculator',
    package: 'gnome-calculator',
    command: ['gnome-calculator'],
    motion: 'still',
    colours: 20,
    end: 'close',
    act: typingShows,
  },
  {
    name: 'mousepad',
    package: 'mousepad',
    command: ['mousepad'],
    motion: 'still',
    colours: 20,
    end: 'close',
    act: fillsTheScreen,
  },
  {
    name: 'firefox',
    package: 'firefox-esr',
    command: ['firefox-esr', '--no-remote', page],
    environment: { MOZ_ENABLE_WAYLAND: '1', MOZ_CRASHREPORTER_DISABLE: '1' },
    motion: 'display',
    colours: 20,
    end: 'close',
    act: showsPage,
  },
  {
    name: 'qt6-designer',
    package: 'designer-qt6',
    command: ['/usr/lib/qt6/bin/designer'],
    environment: { QT_QPA_PLATFORM: 'wayland' },
    motion: 'still',
    colours: 20,
    end: 'signal',
  },
  {
    name: 'alacritty',
    package: 'alacritty',
    command: ['alacritty'],
    motion: 'still',
    end: 'signal',
    act: shellListens,
  },
  {
    name: 'kitty',
    package: 'kitty',
    command: ['kitty', '-o', 'update_check_interval=0'],
    motion: 'still',
    end: 'signal',
    act: shellListens,
  },
  {
    name: 'chromium',
    package: 'chromium',
    command: [
      'chromium',
      '--ozone-platform=wayland',
      '--no-sandbox',
      '--no-first-run',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      `--app=file://${page}`,
    ],
    motion: 'display',
    colours: 3,
    end: 'close',
  },
];

/** A browser's window is there long before its page, which is dark. */
async function showsPage(stage: Stage): Promise<string> {
  const dark = async (): Promise<boolean> => {
    const { x, y } = at(stage, 0.1, 0.9);
    return (colourAt(await stage.screenshot(), x, y) & 0xe0e0e0) < 0x404040;
  };
  await stage.until('the page is shown', dark, 60);
  return 'the page moves';
}

async function insideOfQt(stage: Stage): Promise<string> {
  const before = await stage.settled();
  stage.start(['weston-simple-shm'], { WAYLAND_DISPLAY: 'wayland-0' });
  await stage.changes(before, 'a program inside of it draws');
  return 'a compositor of Qt shows a program of its own';
}
