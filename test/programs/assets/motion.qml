import QtQuick
import QtQuick.Window

Window {
    width: 480; height: 320; visible: true; color: "#202428"
    Rectangle {
        width: 160; height: 160; anchors.centerIn: parent; color: "#e8a33d"
        NumberAnimation on rotation { from: 0; to: 360; duration: 4000; loops: Animation.Infinite }
    }
    Text { text: "Qt 6"; color: "white"; anchors.centerIn: parent; font.pixelSize: 40 }
}
