// python/mlcompute/device.cc
#include "mlcompute/device.h"

#include "python/mlcompute/bindings.h"

namespace mlcompute::python {

void BindDevice(py::module_& m) {
  py::class_<Device, std::shared_ptr<Device>>(m, "device", R"(Where graphs run.

device(type="cpu"): "cpu", "gpu", "any" or "ane", in any case. Here they all compute on the CPU:
`type` is what was asked for, `actual_type` what it became. An unknown type is a ValueError.)")
      .def(py::init([](const py::object& type) {
             return std::make_shared<Device>(ToEnum<DeviceType>(type, "device type"));
           }),
           py::arg("type") = "cpu")
      .def_property_readonly("type", [](const Device& d) { return NameOf(d.type()); })
      .def_property_readonly("actual_type", [](const Device& d) { return NameOf(d.actual_type()); })
      .def("__repr__", [](const Device& d) { return StrCat("device('", NameOf(d.type()), "')"); });
}

}  // namespace mlcompute::python
