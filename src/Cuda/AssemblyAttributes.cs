using System.Runtime.CompilerServices;

// Every native signature is blittable; nothing is marshalled at run time.
[assembly: DisableRuntimeMarshalling]
