using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PmOrleans.Node.Catalog;

/// <summary>Reads the text of a file that somebody's folder names, whatever it is: a pipe would be waited for without end, a device has none.</summary>
internal static partial class FileText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>The bytes of it, at most one more than <paramref name="most"/>.</returns>
    /// <exception cref="IOException">It cannot be read, or is not a regular file.</exception>
    public static byte[] Read(string path, int most)
    {
        using var file = Open(path, bufferSize: 0);
        using var bytes = new MemoryStream();
        var part = new byte[16 * 1024];
        for (var read = 1; read > 0 && bytes.Length <= most; bytes.Write(part, 0, read))
        {
            read = file.Read(part, 0, (int)Math.Min(part.Length, most + 1L - bytes.Length));
        }

        return bytes.ToArray();
    }

    /// <returns><c>null</c> when it is not UTF-8 text, and then what it seems to be instead.</returns>
    public static string? Decode(byte[] bytes, out string hint)
    {
        // Latin text in UTF-16 is valid UTF-8 but for its meaning: every other character of it is a zero.
        var isWide = bytes.AsSpan().Contains((byte)0);
        hint = isWide ? "it seems to be UTF-16; save it as UTF-8" : "save it as UTF-8";
        try
        {
            return isWide ? null : Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">It cannot be read, or is not a regular file.</exception>
    public static FileStream Open(string path, int bufferSize)
    {
        var file = new FileStream(Handle(path), FileAccess.Read, bufferSize);
        if (!file.CanSeek)
        {
            file.Dispose();
            throw new IOException("it is not a regular file");
        }

        return file;
    }

    private static SafeFileHandle Handle(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.OpenHandle(path);
        }

        // O_NONBLOCK and O_CLOEXEC. .NET opens no other way than waiting for somebody at a pipe's other end.
        var descriptor = OpenDescriptor(path, OperatingSystem.IsMacOS() ? 0x4 | 0x100_0000 : 0x800 | 0x8_0000);
        return descriptor < 0 ? throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())) : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenDescriptor(string path, int flags);
}
